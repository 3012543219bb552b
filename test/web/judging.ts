import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { findChromium, openChromium, readAxe } from '../doubles/browser.ts';

/** What WCAG 2.2 AA asks, and what is good practice besides. */
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const judge = `axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'], preload: false })
  .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html).join(' ')))`;
const unfold = "document.querySelectorAll('details:not([open])').forEach((one) => one.setAttribute('open', ''))";
// Links inside a sentence are excepted (WCAG 2.5.8); what stands alone must be 24 px high at least.
const tooSmall = `[...document.querySelectorAll('button, select, textarea, summary, input:not([type=hidden]), nav a, .lead a, .pills a, .buttons a, .tel')]
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, { width, height }]) => width > 0 && (height < 24 || width < 24)).map(([html]) => html)`;
// Half pixels are rounded up. What sticks out is named; when nothing does, it is the page itself.
const tooWide = `document.documentElement.scrollWidth - innerWidth <= 1 ? [] : ['the page',
  ...[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 120))]`;
export const htmlBytesMax = 30_000;

export const hasChromium = existsSync(findChromium() ?? '');

/** How one page is looked at: on a telephone or at a desk, in which language. */
export type Seen = 'telephone' | 'desk';
const widths: Record<Seen, number> = { telephone: 360, desk: 1280 };

export interface Judge {
  readonly page: Page;
  /** Paths of the pages that were judged so far as an address gave them; not what a form answered or what was not there. */
  readonly judged: ReadonlySet<string>;
  /** Of the answer that the page is. */
  status(): number;
  /** Opens an address as someone, in a language and at a width. */
  open(url: string, headers: Record<string, string>, seen: Seen): Promise<void>;
  /** Everything unfolded: no scrolling sideways, targets large enough, axe finds nothing. */
  judge(what: string): Promise<void>;
  close(): Promise<void>;
}

/** One browser and one page for all that a file looks at: starting them anew is what takes time. */
export async function openJudge(): Promise<Judge> {
  const browser: Browser = await openChromium(findChromium() ?? '');
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  await context.addInitScript(await readAxe());
  const page = await context.newPage();
  const faults: string[] = [];
  const judged = new Set<string>();
  let origin = '';
  let given = { status: 0, path: '', isForm: false };
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) faults.push(`asks ${request.url()}`);
  });
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`));
  page.on('response', async (response) => {
    const request = response.request();
    if (request.isNavigationRequest())
      given = {
        status: response.status(),
        path: new URL(response.url()).pathname,
        isForm: request.method() !== 'GET',
      };
    if (!response.headers()['content-type']?.startsWith('text/html')) return;
    const body = await response.body().catch(() => Buffer.of());
    const size = gzipSync(body).length;
    if (size > htmlBytesMax) faults.push(`${size} bytes of HTML`);
  });
  return {
    page,
    judged,
    status: () => given.status,
    open: async (url, headers, seen) => {
      origin = new URL(url).origin;
      await page.setExtraHTTPHeaders(headers);
      await page.setViewportSize({ width: widths[seen], height: 800 });
      await page.goto(url);
    },
    judge: async (what) => {
      await page.evaluate(unfold);
      expect(await page.evaluate(tooWide), what).toEqual([]);
      expect(await page.evaluate(tooSmall), what).toEqual([]);
      expect(await page.evaluate(judge), what).toEqual([]);
      expect(faults.splice(0), what).toEqual([]);
      if (!given.isForm && given.status !== 404) judged.add(given.path);
    },
    close: () => browser.close(),
  };
}
