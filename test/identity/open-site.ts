import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import express from 'express';
import { areas, requireCsrf, requireRole } from '../../src/identity/access.ts';
import { type Issuer, mountIssuer } from '../../src/identity/issuer.ts';
import { hashPassword } from '../../src/identity/password.ts';
import { type ExternalIssuer, openRelying } from '../../src/identity/relying.ts';
import { readViewer, viewerOf } from '../../src/identity/sessions.ts';
import { openLog } from '../../src/log.ts';
import type { Actor } from '../../src/referral/actor.ts';
import { writeAccount } from '../../src/store/access/sessions.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { html } from '../../src/web/html.ts';
import { issuerErrorPage, loginPages, showRefusal } from '../../src/web/login.ts';
import { page } from '../../src/web/page.ts';
import { openTestStore, type TestStore } from '../doubles/database.ts';
import { undressed } from '../web/markup.ts';

export const policy =
  "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; img-src 'self'";

export const people = {
  sanne: { id: 'wally-sanne', name: 'Sanne Verhoeven', role: 'wally', organization: 'voorbeeldstreek' },
  vanleeuwen: { id: 'gp-vanleeuwen', name: 'M. van Leeuwen', role: 'practice', organization: 'de-brink' },
  beheer: { id: 'admin-region', name: 'Beheer van de regio', role: 'administrator' },
  oefen: { id: 'lead-marijke', name: 'Marijke Hoekzema', role: 'team-lead', organization: 'voorbeeldstreek' },
} as const satisfies Record<string, Actor>;
export type Username = keyof typeof people;

export const password = 'een goed wachtwoord';
const hashed = hashPassword(password);

export interface OpenSite {
  readonly at: TestStore;
  readonly port: number;
  readonly publicUrl: string;
  readonly logged: string[];
  readonly issuer: Issuer | undefined;
  close(): Promise<void>;
}

/** The log-in pages as main mounts them, with one bare page per area behind them, on a real port and database. */
export async function openSite(
  options: { publicUrl?: string; external?: ExternalIssuer; trustProxy?: boolean; referrerPolicy?: string } = {},
): Promise<OpenSite> {
  const at = await openTestStore();
  const { store } = at;
  for (const [username, actor] of Object.entries(people)) {
    await writeAccount(store, { username, password: await hashed, actor, demo: username === 'oefen' });
  }
  const app = express();
  if (options.trustProxy) app.set('trust proxy', 'loopback');
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const selfUrl = `http://127.0.0.1:${port}`;
  const publicUrl = options.publicUrl ?? selfUrl;
  const logged: string[] = [];
  const log = openLog(
    'info',
    new Writable({
      write: (line, _encoding, done) => {
        logged.push(String(line));
        done();
      },
    }),
  );
  const issuer = options.external
    ? undefined
    : await mountIssuer({ store, publicUrl, log, errorPage: issuerErrorPage });
  const relying = openRelying({
    store,
    publicUrl,
    log,
    issuer: issuer ?? (options.external as ExternalIssuer),
    selfUrl,
  });
  const site = { store, directory: directoryReader(store), publicUrl, log };
  app.use((_request, response, next) => {
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('Referrer-Policy', options.referrerPolicy ?? 'same-origin');
    next();
  });
  app.use(readViewer(site, publicUrl));
  const demoPeople = [{ username: 'oefen', name: people.oefen.name, role: people.oefen.role }];
  app.use(loginPages(site, { relying, demoPeople, ...(issuer && { issuer }) }));
  if (issuer) app.use('/oauth', issuer.router);
  for (const area of areas) {
    app.get([area, `${area}/*rest`], requireRole(area, showRefusal), (request, response) => {
      const viewer = viewerOf(request);
      if (!viewer) throw new Error('a page was shown to nobody');
      const form = html`<p>${request.originalUrl}</p>`;
      response.send(page({ title: area, language: viewer.language, viewer, main: form }));
    });
    app.post(
      area,
      requireRole(area, showRefusal),
      express.urlencoded({ extended: false }),
      requireCsrf(publicUrl, showRefusal),
      (_request, response) => {
        response.send('done');
      },
    );
  }
  return {
    at,
    port,
    publicUrl,
    logged,
    issuer,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await at.close();
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Where it was asked, and where it redirects to, both as full URLs. */
  readonly url: URL;
  readonly location: URL | undefined;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly line: string;
}

/** A browser's cookies (kept per name and path) and nothing else: it follows no redirect unless told to. */
export class Browser {
  readonly #cookies = new Map<string, Cookie>();
  /** Sent with every request. */
  readonly headers: Record<string, string> = {};
  readonly site: OpenSite;

  constructor(site: OpenSite) {
    this.site = site;
  }

  #keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const equals = pair.indexOf('=');
      const name = pair.slice(0, equals);
      const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
      const expires = attributes.find((one) => /^expires=/i.test(one))?.slice(8);
      if (expires !== undefined && Date.parse(expires) <= 86_400_000) this.drop(name, path);
      else this.plant({ name, value: pair.slice(equals + 1), path, line });
    }
  }

  plant(cookie: Cookie): void {
    this.#cookies.set(`${cookie.name};${cookie.path}`, cookie);
  }

  drop(name: string, path = '/'): void {
    this.#cookies.delete(`${name};${path}`);
  }

  get cookies(): readonly Cookie[] {
    return [...this.#cookies.values()];
  }

  cookie(name: string): Cookie | undefined {
    return this.#cookies.get(`${name};/`);
  }

  async ask(
    method: 'GET' | 'POST',
    to: string | URL,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const url = new URL(to, this.site.publicUrl);
    const elsewhere = url.origin !== this.site.publicUrl;
    const cookie = this.cookies
      .filter((one) => url.pathname.startsWith(one.path))
      .map((one) => `${one.name}=${one.value}`)
      .join('; ');
    const body = form && new URLSearchParams(form).toString();
    const request = httpRequest({
      host: '127.0.0.1',
      port: elsewhere ? url.port : this.site.port,
      method,
      path: url.pathname + url.search,
      headers: {
        host: url.host,
        accept: 'text/html',
        ...(cookie && { cookie }),
        ...(body !== undefined && {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(Buffer.byteLength(body)),
        }),
        ...this.headers,
        ...headers,
      },
    });
    request.end(body);
    const [response] = await once(request, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    this.#keep(response.headers['set-cookie'] ?? []);
    const { location } = response.headers;
    return {
      status: response.statusCode,
      headers: response.headers,
      body: undressed(Buffer.concat(chunks).toString('utf8')),
      url,
      location: location === undefined ? undefined : new URL(location, url),
    };
  }

  /** Follows redirects as a GET each, and gives the last answer and every URL on the way. */
  async follow(answer: Answer): Promise<Answer & { readonly way: readonly URL[] }> {
    const way: URL[] = [];
    let last = answer;
    while (last.location && way.length < 12) {
      way.push(last.location);
      last = await this.ask('GET', last.location);
    }
    return { ...last, way };
  }

  async open(path: string): Promise<Answer & { readonly way: readonly URL[] }> {
    return this.follow(await this.ask('GET', path));
  }

  /** Opens the log-in form and posts a name and a password to it; gives the answer to the post. */
  async type(username: string, typed: string, path = '/login'): Promise<Answer> {
    const form = await this.open(path);
    return this.ask('POST', form.url, { username, password: typed });
  }

  async signIn(username: Username, path = '/login'): Promise<Answer & { readonly way: readonly URL[] }> {
    return this.follow(await this.type(username, password, path));
  }

  get session(): string | undefined {
    return (this.cookie('kl_session') ?? this.cookie('__Host-kl_session'))?.value;
  }
}

/** The CSRF token in a page, as its form carries it. */
export function csrfIn(body: string): string {
  return /name="csrf" value="([\w-]+)"/.exec(body)?.[1] ?? '';
}

/** The lines of the audit trail, oldest first. */
export async function auditLines(at: TestStore): Promise<(Record<string, unknown> & { practice: string })[]> {
  const { rows } = await at.owner.query<{ line: string }>('select line from audit order by id');
  return rows.map((row) => JSON.parse(row.line));
}
