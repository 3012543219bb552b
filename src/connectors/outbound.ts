import { Failure, fromNetwork } from '../delivery/failure.ts';
import type { Ask } from '../referral/ask.ts';
import { traceparentNow } from '../trace.ts';

/** Sends one request. The only fetch of the project. */
export type Send = Ask;

const answerBytesMax = 1_048_576;

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // The rest is of no use to us; the effect behind it may well have happened.
    if (bytes > answerBytesMax) throw new Failure('ambiguous', 'answer-too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * A sender that reaches only the listed hosts (`host:port` as in the URL), never follows a redirect, and gives up with
 * the caller's signal. An address off the list is refused before any name is looked up (SSRF).
 */
export function openOutbound(allowedHosts: ReadonlySet<string>): Send {
  return async ({ method, url, headers, body, signal }) => {
    if (!URL.canParse(url)) throw new Failure('permanent', 'no-address');
    const { host, protocol } = new URL(url);
    if (!allowedHosts.has(host) || (protocol !== 'https:' && protocol !== 'http:'))
      throw new Failure('permanent', 'host-not-allowed');
    const traceparent = traceparentNow();
    try {
      const response = await fetch(url, {
        method,
        redirect: 'manual',
        signal,
        headers: { ...headers, ...(traceparent && { traceparent }) },
        ...(body !== undefined && { body }),
      });
      return { status: response.status, headers: response.headers, text: await readLimited(response) };
    } catch (error) {
      if (error instanceof Failure) throw error;
      const cause = (error as { cause?: { code?: string } }).cause;
      throw fromNetwork(cause?.code, error instanceof Error ? error.name : '');
    }
  };
}
