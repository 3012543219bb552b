import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import express from 'express';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { definitionsRouter } from '../../src/intake/definitions.ts';
import { TRANSITIONS } from '../../src/referral/lifecycle/transitions.ts';
import { docsPages } from '../../src/web/docs/docs.ts';
import { undressed } from './markup.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

let server: Server;
let url: string;
/** Path → what stands there, of every page that a link of the guide leads to. */
const pages = new Map<string, string>();

beforeAll(async () => {
  const css = await readFile(new URL('../../src/web/assets/kortelijn.css', import.meta.url));
  const app = express().disable('x-powered-by');
  app.get('/assets/kortelijn.css', (_request, response) => void response.type('css').send(css));
  app.use('/fhir/R4', definitionsRouter('http://k.example'));
  app.use('/docs', docsPages());
  server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const linksOf = (page: string) =>
  [...page.matchAll(/href="([^"]+)"/g)].map(([, link = '']) => link).filter((link) => !link.startsWith('#'));
/** What other parts of the service answer: they have tests of their own. */
const elsewhere = ['/', '/assets/icon.svg', '/fhir/R4/metadata'];

test('every link of the guide leads somewhere, and every page is small, without script, and there for HEAD', async () => {
  const todo = ['/docs'];
  const broken: string[] = [];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    if (pages.has(path) || elsewhere.includes(path)) continue;
    const answer = await fetch(`${url}${path}`);
    const text = await answer.text();
    pages.set(path, text);
    if (answer.status !== 200) broken.push(path);
    if (!path.startsWith('/docs')) continue;
    expect(gzipSync(text).length, path).toBeLessThan(30_000);
    expect(/<script|style="|undefined|\[object/.exec(text)?.[0], path).toBeUndefined();
    const head = await fetch(`${url}${path}`, { method: 'HEAD' });
    expect([path, head.status, head.headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=utf-8']);
    expect(await head.text()).toBe('');
    todo.push(...linksOf(text));
  }
  expect(broken).toEqual([]);
  // All menus, each profile and extension, each code system, each definition behind them.
  expect([...pages.keys()].filter((path) => path.startsWith('/docs/profiles/')).length).toBe(40);
  expect([...pages.keys()].filter((path) => path.startsWith('/docs/codes/')).length).toBe(19);
});

/** What stands on which page: a promise, a row, a sentence, a message. */
const said: readonly (readonly [path: string, text: string])[] = [
  ['', 'No silent end.'],
  ['doors', 'MSH|^~\\&amp;|'],
  ['states', '<code>agree-to-stop</code>'],
  ['profiles/referral-task', 'kl-task-4'],
  ['profiles/safe-contact', '<code>Extension.extension:unsafe</code>'],
  ['codes/life-area', 'eenzaamheid en sociale contacten'],
  ['maps', '<code>debts</code></th><td><code>food-insecurity</code></td><td>narrower</td>'],
  ['search', '<code>_id</code>'],
  ['errors', '<code>bsn-invalid</code></th><td>422</td>'],
  ['errors', '<code>consent-missing</code></th><td>403</td>'],
  ['errors', '<code>required-authored-on</code></th><td>fhir-r4'],
  ['errors', 'Dit is geen geldig burgerservicenummer'],
  ['changelog', '<h2>[Unreleased]</h2>'],
];

test('the guide says what the program does', async () => {
  const page = async (path: string) => undressed(await (await fetch(`${url}/docs/${path}`)).text());
  for (const [path, text] of said) expect((await page(path)).includes(text), `${path}: ${text}`).toBe(true);
  expect((await page('states')).match(/<tr>/g)?.length).toBe(TRANSITIONS.length + 1);
  expect((await fetch(`${url}/docs/profiles/nothing`)).status).toBe(404);
  expect((await fetch(`${url}/docs/doors`, { method: 'POST' })).status).toBe(404);
});

test.skipIf(!executablePath)('passes axe and fits 360 pixels', { timeout: 60_000 }, async () => {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const browser = await chromium.launch({
    executablePath: executablePath ?? '',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    const kinds = ['', '/doors', '/profiles/referral-task', '/maps', '/changelog'];
    for (const path of kinds) {
      await page.goto(`${url}/docs${path}`);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), path).toBe(0);
      await page.evaluate(axe);
      const found = (await page.evaluate(
        "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })",
      )) as AxeResults;
      expect(found.violations.map((one) => `${path} ${one.id}: ${one.nodes[0]?.html}`)).toEqual([]);
    }
  } finally {
    await browser.close();
  }
});
