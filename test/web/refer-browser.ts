import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { requireCsrf, requireRole } from '../../src/identity/access.ts';
import { readViewer, viewerOf } from '../../src/identity/sessions.ts';
import { referContextRouter } from '../../src/intake/refer-context.ts';
import { openLog } from '../../src/log.ts';
import type { Actor } from '../../src/referral/actor.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { startSession } from '../../src/store/sessions.ts';
import type { Store } from '../../src/store/store.ts';
import { showRefusal } from '../../src/web/login.ts';
import { referPages } from '../../src/web/refer.ts';

export interface Page {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

/** Someone who is signed in and keeps, as a browser does, what the last page's form held. */
export interface Visitor {
  get(path: string): Promise<Page>;
  post(path: string, fields: Readonly<Record<string, string>>): Promise<Page>;
}

export interface ReferSiteUnderTest {
  readonly url: string;
  /** Told after each commit of the door. */
  readonly told: () => number;
  visitor(actor: Actor, language?: string): Promise<Visitor>;
  close(): Promise<void>;
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const plain = (text: string) => text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? '');

/** The values that a browser would post back from the form to this action, without a button. */
export function formIn(text: string, action: string): Record<string, string> {
  const form = text.split('<form ').find((one) => one.includes(`action="${action}"`)) ?? '';
  const body = form.slice(0, form.indexOf('</form>'));
  const fields: Record<string, string> = {};
  for (const [tag] of body.matchAll(/<input [^>]*>/g)) {
    const attribute = (name: string) => new RegExp(` ?${name}="([^"]*)"`).exec(tag)?.[1];
    const isChoice = /type="(radio|checkbox)"/.test(tag);
    const name = attribute('name');
    if (name && (!isChoice || / checked/.test(tag))) fields[name] = plain(attribute('value') ?? '');
  }
  for (const [, name = '', value = ''] of body.matchAll(/<textarea [^>]*name="([^"]*)"[^>]*>([^<]*)</g)) fields[name] = plain(value);
  for (const [, name = '', options = ''] of body.matchAll(/<select [^>]*name="([^"]*)"[^>]*>(.*?)<\/select>/gs)) {
    fields[name] = plain(/value="([^"]*)" selected/.exec(options)?.[1] ?? '');
  }
  return fields;
}

/** The door and the pages behind the real sign-in, roles and CSRF check, on a port of their own. */
export async function referSite(store: Store, publicUrl = 'https://kortelijn.example'): Promise<ReferSiteUnderTest> {
  const app = express();
  let commits = 0;
  const log = openLog('silent');
  const site = { store, directory: directoryReader(store), publicUrl, log, committed: () => void (commits += 1) };
  const viewer = (request: express.Request) => {
    const found = viewerOf(request);
    if (!found) throw new Error('page without a viewer');
    return found;
  };
  const ownForm = requireCsrf(publicUrl, showRefusal);
  app.set('query parser', 'simple');
  app.use(referContextRouter(site));
  app.use(readViewer(store, publicUrl), express.urlencoded({ extended: false, limit: 200_000 }));
  app.use('/refer', requireRole('/refer', showRefusal), (request, response, next) =>
    request.method === 'POST' ? ownForm(request, response, next) : next(),
  );
  app.use(referPages(site, viewer));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    told: () => commits,
    visitor: async (actor, language = 'nl') => {
      const cookie = `__Host-kl_session=${await startSession(store, actor, 3_600_000)}`;
      const headers = { cookie, 'accept-language': language };
      const ask = async (path: string, init: RequestInit = {}): Promise<Page> => {
        const response = await fetch(`${url}${path}`, { redirect: 'manual', headers, ...init });
        return { status: response.status, location: response.headers.get('location') ?? '', text: await response.text() };
      };
      return {
        get: (path) => ask(path),
        post: (path, fields) => ask(path, { method: 'POST', body: new URLSearchParams(fields) }),
      };
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close').catch(() => undefined);
    },
  };
}
