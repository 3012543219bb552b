import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Locator, type Page, type Response } from 'playwright-core';

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const desk = { width: 1200, height: 900 };
const telephone = { width: 360, height: 800 };
// Expressions for the page: this project's own code knows no DOM.
const unfold =
  "document.querySelectorAll('details:not([open])').forEach((one) => one.setAttribute('open', 'unfolded'))";
const foldAgain = "document.querySelectorAll('details[open=unfolded]').forEach((one) => one.removeAttribute('open'))";
const judge = `axe.run(document, { runOnly: ${JSON.stringify(wcag)}, resultTypes: ['violations'], preload: false })
  .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html).join(' ')))`;
const waitMsMax = 30_000;
/** How long a page is looked at before it is loaded again. */
const lookMs = 150;

/** The installed browser; undefined where there is none. */
export function findChromium(): string | undefined {
  return programs.find((path) => existsSync(path));
}

/** Starts the installed browser. The caller closes it. */
export function openChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags });
}

/** What everyone at a browser shares: where they may go, and what was found wrong on the way. */
export interface Watch {
  /** Origins of our own; a request anywhere else is a finding. */
  readonly origins: readonly string[];
  /** The source of axe-core; without it, or without script, pages are not judged on accessibility. */
  readonly axe: string | undefined;
  /** One sentence per fault: which page, what. Empty when all was well. */
  readonly findings: string[];
  /** Every address that was asked for, by page or form. */
  readonly addresses: Set<string>;
}

/** The source of axe-core, to be run inside a page. */
export function readAxe(): Promise<string> {
  return readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
}

/**
 * Someone at a browser of their own, who goes on as people do; every page they come to is inspected. With script they sit
 * at a desk; without it they hold a small telephone.
 */
export class Person {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #watch: Watch;
  readonly #judging: boolean;
  /** Status of the last page; a browser writes a line in the console for each that is not 2xx. */
  #expected = 200;

  private constructor(context: BrowserContext, page: Page, watch: Watch, judging: boolean) {
    this.#judging = judging;
    this.#context = context;
    this.page = page;
    this.#watch = watch;
  }

  static async arrive(
    browser: Browser,
    watch: Watch,
    { script = true, locale = 'nl-NL' }: { script?: boolean; locale?: string } = {},
  ): Promise<Person> {
    const context = await browser.newContext({
      javaScriptEnabled: script,
      viewport: script ? desk : telephone,
      locale,
    });
    context.setDefaultTimeout(waitMsMax);
    // Axe waits on timers, which do not run without script.
    const judging = script && watch.axe !== undefined;
    if (judging) await context.addInitScript(watch.axe ?? '');
    const page = await context.newPage();
    const person = new Person(context, page, watch, judging);
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      if (message.text().includes(`status of ${person.#expected} `) && message.location().url === page.url()) return;
      person.#found(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('response', (response) => {
      const isPage = response.headers()['content-type']?.startsWith('text/html');
      if (!isPage || new URL(response.url()).origin !== watch.origins[0]) return;
      const policy = response.headers()['content-security-policy'] ?? '';
      if (!policy.includes("default-src 'none'") || policy.includes('unsafe'))
        person.#found(`CSP: ${policy || 'none'}`);
    });
    page.on('pageerror', (error) => person.#found(`script error: ${error.message}`));
    page.on('request', (request) => {
      watch.addresses.add(request.url());
      if (!watch.origins.includes(new URL(request.url()).origin)) person.#found(`asks ${request.url()}`);
    });
    return person;
  }

  #found(what: string): void {
    this.#watch.findings.push(`${new URL(this.page.url()).pathname}: ${what}`);
  }

  leave(): Promise<void> {
    return this.#context.close();
  }

  /** Goes to an address; `status` is what the page must answer. */
  open(url: string, status = 200): Promise<void> {
    return this.#arriveAt(status, () => this.page.goto(url));
  }

  /** Presses a button or a link that leads to a page; `status` is what that page must answer. */
  press(what: Locator | string, status = 200): Promise<void> {
    const target = typeof what === 'string' ? this.button(what) : what;
    return this.#arriveAt(status, async () => {
      // Longer than the click may take: when that fails, its reason is the one to read.
      const [response] = await Promise.all([this.page.waitForNavigation({ timeout: 2 * waitMsMax }), target.click()]);
      return response;
    });
  }

  /** Presses Enter in the field that has the keyboard. */
  enter(status = 200): Promise<void> {
    return this.#arriveAt(status, async () => {
      const [response] = await Promise.all([this.page.waitForNavigation(), this.page.keyboard.press('Enter')]);
      return response;
    });
  }

  async #arriveAt(status: number, go: () => Promise<Response | null>): Promise<void> {
    this.#expected = status;
    const response = await go();
    if (response && response.status() !== status) this.#found(`status ${response.status()} instead of ${status}`);
    await this.inspect();
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  link(name: string): Locator {
    return this.page.getByRole('link', { name, exact: true });
  }

  fill(label: string | RegExp, value: string): Promise<void> {
    return this.page.getByLabel(label, { exact: true }).fill(value);
  }

  /** Picks from a list by the value behind it. */
  async select(label: string | RegExp, value: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).first().selectOption(value);
  }

  /** Ticks a box or chooses one of several, by its label; within a group when another has the same words. */
  async choose(label: string | RegExp, group?: string | RegExp): Promise<void> {
    const within = group === undefined ? this.page : this.page.getByRole('group', { name: group });
    await within.getByLabel(label, { exact: true }).check();
  }

  heading(): Promise<string> {
    return this.page.locator('h1').innerText();
  }

  text(): Promise<string> {
    return this.page.locator('main').innerText();
  }

  /** Loads the page again until it shows this. Throws with the page's text when it does not in time. */
  async until(shows: Locator): Promise<void> {
    const end = performance.now() + waitMsMax;
    while (
      !(await shows
        .first()
        .waitFor({ timeout: lookMs })
        .then(
          () => true,
          () => false,
        ))
    ) {
      if (performance.now() > end) throw new Error(`${shows} did not come: ${await this.text()}`);
      await this.page.reload();
    }
    await this.inspect();
  }

  /** Judges the page as it stands, all unfolded: no scrolling sideways, and with script also accessibility. */
  async inspect(): Promise<void> {
    const { page } = this;
    await page.evaluate(unfold);
    const over = Number(await page.evaluate('document.scrollingElement.scrollWidth - innerWidth'));
    if (over > 1) this.#found(`${over} px too wide`);
    if (this.#judging) {
      for (const violation of (await page.evaluate(judge)) as string[]) this.#found(violation);
    }
    await page.evaluate(foldAgain);
  }
}
