import type { Response } from 'express';

/** A file runs nothing, also where a browser shows it all the same. */
export const filePolicy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox";

const types: Readonly<Record<string, string>> = {
  json: 'application/json; charset=utf-8',
  html: 'text/html; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  pdf: 'application/pdf',
  txt: 'text/plain; charset=utf-8',
};

/** Hands out a file to be saved, never to be run or kept by a browser. `name` is one of ours: letters, digits, - and dots. */
export function attach(response: Response, name: string, content: string | Buffer): void {
  const extension = name.slice(name.lastIndexOf('.') + 1);
  response
    .status(200)
    .set({
      'Cache-Control': 'no-store',
      'Content-Type': types[extension] ?? 'application/octet-stream',
      'Content-Disposition': `attachment; filename="${name.replaceAll(/[^\w.-]/g, '')}"`,
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': filePolicy,
    })
    .end(content);
}
