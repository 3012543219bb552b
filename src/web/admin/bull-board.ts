import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import express, { Router } from 'express';
import { noteList, send, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { html, sayIn } from '../html.ts';
import type { Site } from '../site.ts';

type ServerAdapter = Parameters<typeof createBullBoard>[0]['serverAdapter'];

const at = '/admin/bull';

/** What bull-board's page needs beyond our own: a base element, of our own origin. Nothing inline, nothing of others. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/** Its page without what it fetches elsewhere (fonts) and what stands inline: the same files, from us. */
function entryPage(folder: string, uiConfig: unknown): string {
  const theirs = readFileSync(join(folder, 'index.ejs'), 'utf8');
  const files = (pattern: RegExp) => [...theirs.matchAll(pattern)].map(([, file]) => file);
  const config = JSON.stringify(uiConfig).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><base href="${at}/">
<title>Kortelijn: BullMQ</title><link rel="icon" href="static/favicon-32x32.png">${files(/href="(static\/css\/[^"]+)"/g)
    .map((file) => `<link rel="stylesheet" href="${file}">`)
    .join('')}</head><body>
<script id="__UI_CONFIG__" type="application/json">${config}</script><div id="root"></div>
${files(/src="(static\/js\/[^"]+)"/g)
  .map((file) => `<script defer src="${file}"></script>`)
  .join('')}</body></html>`;
}

/** Serves the board with the routes that look, and no others: what it cannot do here it cannot be made to do. */
function boardRouter(queues: readonly unknown[]): Router {
  const router = Router();
  let bullQueues: Parameters<ServerAdapter['setQueues']>[0];
  let uiConfig: Parameters<ServerAdapter['setUIConfig']>[0] = {};
  let folder = '';
  let onError: Parameters<ServerAdapter['setErrorHandler']>[0];
  const adapter: ServerAdapter = {
    setQueues: (given) => {
      bullQueues = given;
      return adapter;
    },
    setViewsPath: (given) => {
      folder = given;
      return adapter;
    },
    setStaticPath: (path, files) => {
      router.use(path, express.static(files, { index: false, redirect: false }));
      return adapter;
    },
    setUIConfig: (given) => {
      uiConfig = given;
      return adapter;
    },
    setErrorHandler: (handler) => {
      onError = handler;
      return adapter;
    },
    setEntryRoute: ({ route }) => {
      const page = entryPage(folder, uiConfig);
      router.get(route, (_request, response) => {
        response.set('Content-Security-Policy', policy).type('html').send(page);
      });
      return adapter;
    },
    setApiRoutes: (routes) => {
      for (const { method, route, handler } of routes) {
        if (method !== 'get') continue;
        router.get(route, async (request, response) => {
          const { query, params, headers } = request;
          try {
            const answer = await handler({ queues: bullQueues, uiConfig, query, params, body: {}, headers } as never);
            response.status(answer.status ?? 200).json(answer.body);
          } catch (error) {
            const answer = onError(error as Error);
            // A queue that is away says so in its own words, which nobody has looked at: a code is enough.
            response.status(answer.status ?? 500).json({ error: 'QUEUE_AWAY' });
          }
        });
      }
      return adapter;
    },
  };
  const options = { readOnlyMode: true, allowRetries: false };
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue as never, options)),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'Kortelijn: BullMQ', hideRedisDetails: true } },
  });
  return router;
}

/** Where this process has no queue: which one has. */
function noQueuePage(visit: Visit): void {
  const t = sayIn(visit.viewer.language);
  const title = t('BullMQ is hier niet te zien', 'BullMQ cannot be seen here');
  const main = html`
    <h1>${title}</h1>
    <p>${t(
      'Dit proces heeft zelf geen wachtrij. Zet REDIS_URL, of kijk bij een proces met de rol relay, deliver of clock.',
      'This process has no queue itself. Set REDIS_URL, or look at a process with the role relay, deliver or clock.',
    )}</p>
    <p>
      ${t('Alles wat telt staat op', 'Everything that counts stands on')}
      <a href="/admin">${t('Bezorging', 'Deliveries')}</a>.
    </p>`;
  send(visit, { title, main });
}

/**
 * BullMQ's own view of its queue (bull-board), to look at and never to touch: ids and generations, since the queue holds
 * nothing else. The record is the page /admin; this is for who wants to know what BullMQ does.
 */
export function bullPages(site: Site & { readonly boards: readonly unknown[] }, viewerOf: ViewerOf): Router {
  const router = Router();
  const board = site.boards.length > 0 ? boardRouter(site.boards) : undefined;
  router.use(at, (request, response, next) => {
    const look = visiting('administrator', viewerOf, async (visit) => {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return void response.status(405).set('Allow', 'GET').end();
      if (!board) return noQueuePage(visit);
      if (request.path === '/') await noteList(site, visit.viewer.actor, 'bull-board', site.boards.length);
      board(request, response, next);
    });
    return look(request, response, next);
  });
  return router;
}
