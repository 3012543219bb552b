/** A page as a visitor without script has it. */
export interface VisitedPage {
  readonly url: string;
  readonly status: number;
  readonly html: string;
}

const unescaped = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

const attribute = (tag: string, name: string) => {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? undefined : unescaped(found);
};

const redirectsMax = 15;

/** Someone who follows links and sends forms, with cookies: what the demo plays a person with. No script, no storage. */
export class Visitor {
  readonly #cookies = new Map<string, Map<string, string>>();

  async get(url: string): Promise<VisitedPage> {
    return this.#go(url, undefined);
  }

  /**
   * Sends the form whose action contains `action` (the first form when empty): its hidden fields, and `fields` on top.
   * Throws when the page has no such form: then the page is not what the visitor thought it was.
   */
  async submit(page: VisitedPage, action: string, fields: Readonly<Record<string, string>>): Promise<VisitedPage> {
    const forms = [...page.html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)];
    const form = forms.find((one) => (attribute(one[1] ?? '', 'action') ?? '').includes(action));
    if (!form)
      throw new Error(`no form for ${action || 'anything'} on ${new URL(page.url).pathname} (status ${page.status})`);
    const hidden = [...(form[2] ?? '').matchAll(/<input\b[^>]*>/g)]
      .map(([tag]) => tag)
      .filter((tag) => attribute(tag, 'type') === 'hidden')
      .map((tag): [string, string] => [attribute(tag, 'name') ?? '', attribute(tag, 'value') ?? '']);
    const body = new URLSearchParams([...hidden, ...Object.entries(fields)]);
    return this.#go(new URL(attribute(form[1] ?? '', 'action') ?? page.url, page.url).href, body);
  }

  async #go(start: string, body: URLSearchParams | undefined): Promise<VisitedPage> {
    let url = start;
    let sending = body;
    for (let hops = 0; hops < redirectsMax; hops += 1) {
      const jar = this.#jar(url);
      const response = await fetch(url, {
        method: sending ? 'POST' : 'GET',
        redirect: 'manual',
        headers: {
          cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
          'accept-language': 'nl',
          origin: new URL(url).origin,
        },
        ...(sending && { body: sending }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [name = '', value = ''] = line.split(';')[0]?.split(/=(.*)/s) ?? [];
        if (value && !/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.set(name, value);
        else jar.delete(name);
      }
      const to = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || !to)
        return { url, status: response.status, html: await response.text() };
      await response.body?.cancel();
      url = new URL(to, url).href;
      sending = undefined;
    }
    throw new Error('too many redirects');
  }

  #jar(url: string): Map<string, string> {
    const { host } = new URL(url);
    let jar = this.#cookies.get(host);
    if (!jar) {
      jar = new Map();
      this.#cookies.set(host, jar);
    }
    return jar;
  }
}
