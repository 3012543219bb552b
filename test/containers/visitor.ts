import { formIn } from '../web/refer-browser.ts';

interface Page {
  readonly status: number;
  readonly url: URL;
  readonly text: string;
}

/** Someone at a browser without script: cookies, redirects, and forms as they stand in the page. */
export interface Visitor {
  open(path: string): Promise<Page>;
  /** Sends the form to `action` in the page, with these fields filled in, and goes where it leads. */
  submit(page: Page, action: string, fields: Readonly<Record<string, string>>): Promise<Page>;
}

/** Opens the browser and logs in by the form that the site shows. */
export async function signIn(site: string, username: string, password: string): Promise<Visitor> {
  const cookies = new Map<string, string>();
  const ask = async (to: URL, form?: Readonly<Record<string, string>>): Promise<Page> => {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const answer = await fetch(to, {
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        'accept-language': 'nl',
        ...(cookie && { cookie }),
        ...(form && { origin: site }),
      },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s);
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location !== null) return ask(new URL(location, to));
    return { status: answer.status, url: to, text: await answer.text() };
  };
  const visitor: Visitor = {
    open: (path) => ask(new URL(path, site)),
    submit: (page, action, fields) => ask(new URL(action, page.url), { ...formIn(page.text, action), ...fields }),
  };
  const form = await visitor.open('/login');
  const first = await ask(form.url, { username, password });
  if (first.status !== 200) throw new Error(`not signed in: ${first.status}`);
  return visitor;
}
