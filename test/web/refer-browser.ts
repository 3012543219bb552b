import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { requireCsrf, requireRole } from '../../src/identity/access.ts';
import { readViewer, viewerOf } from '../../src/identity/sessions.ts';
import { referContextRouter } from '../../src/intake/refer/context.ts';
import { openLog } from '../../src/log.ts';
import type { Actor } from '../../src/referral/actor.ts';
import { startSession } from '../../src/store/access/sessions.ts';
import { directoryReader } from '../../src/store/directory.ts';
import type { Store } from '../../src/store/store.ts';
import { showRefusal } from '../../src/web/login.ts';
import { referDraftPages } from '../../src/web/refer/draft.ts';
import { referPages } from '../../src/web/refer/refer.ts';
import type { Site } from '../../src/web/site.ts';
import { undressed } from './markup.ts';

export const brink: Actor = {
  id: 'gp-vanleeuwen',
  name: 'M. van Leeuwen, huisarts',
  role: 'practice',
  organization: 'de-brink',
};
export const rand: Actor = { id: 'gp-osinga', name: 'T. Osinga, huisarts', role: 'practice', organization: 'zuidrand' };

export interface Page {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

/** Someone who is signed in and keeps, as a browser does, what the last page's form held. */
export interface Visitor {
  get(path: string): Promise<Page>;
  head(path: string): Promise<Page>;
  post(path: string, fields: Readonly<Record<string, string>>): Promise<Page>;
}

export interface ReferSiteUnderTest {
  readonly url: string;
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
  for (const [, name = '', value = ''] of body.matchAll(/<textarea [^>]*name="([^"]*)"[^>]*>([^<]*)</g))
    fields[name] = plain(value);
  for (const [, name = '', options = ''] of body.matchAll(/<select [^>]*name="([^"]*)"[^>]*>(.*?)<\/select>/gs)) {
    fields[name] = plain(/value="([^"]*)" selected/.exec(options)?.[1] ?? '');
  }
  return fields;
}

/** The door and the pages behind the real sign-in, roles and CSRF check, on a port of their own; `mount` adds other doors. */
export async function referSite(
  store: Store,
  publicUrl = 'https://kortelijn.example',
  mount: (app: express.Express, site: Site) => void = () => undefined,
): Promise<ReferSiteUnderTest> {
  const app = express();
  const log = openLog('silent');
  const site = { store, directory: directoryReader(store), publicUrl, log };
  const viewer = (request: express.Request) => {
    const found = viewerOf(request);
    if (!found) throw new Error('page without a viewer');
    return found;
  };
  const ownForm = requireCsrf(publicUrl, showRefusal);
  app.set('query parser', 'simple');
  app.use(referContextRouter(site));
  mount(app, site);
  app.use(readViewer(site, publicUrl), express.urlencoded({ extended: false, limit: 200_000 }));
  app.use('/refer', requireRole('/refer', showRefusal), (request, response, next) =>
    request.method === 'POST' ? ownForm(request, response, next) : next(),
  );
  app.use(referDraftPages(site, viewer));
  app.use(referPages(site, viewer));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    visitor: async (actor, language = 'nl') => {
      const cookie = `__Host-kl_session=${await startSession(store, actor, 3_600_000)}`;
      const headers = { cookie, 'accept-language': language };
      const ask = async (path: string, init: RequestInit = {}): Promise<Page> => {
        const response = await fetch(`${url}${path}`, { redirect: 'manual', headers, ...init });
        return {
          status: response.status,
          location: response.headers.get('location') ?? '',
          text: undressed(await response.text()),
        };
      };
      return {
        get: (path) => ask(path),
        head: (path) => ask(path, { method: 'HEAD' }),
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

/** A person nobody is. */
export const typed = {
  callName: 'Annie',
  given: 'J.M.',
  family: 'van den Berg',
  birthDate: '14-03-1957',
  gender: 'female',
  phone1: '06-00009001',
  street: 'Voorbeeldstraat',
  houseNumber: '12',
  postcode: '1234 ab',
  city: 'Voorbeeldstad',
  bsn: '123456782',
  reason: 'Is sinds de verhuizing veel alleen.',
  question: 'Ik wil weer onder de mensen komen.',
  'area-loneliness': 'yes',
  urgency: 'routine',
  consentBy: 'resident',
  consentHow: 'spoken',
  consentOn: '2026-11-23',
  medicalCodes: 'no',
  feedback: 'content',
};

export type Fields = Record<string, string>;

/** Answers the first question with no and fills in the form, as a person in a browser does. */
export async function filled(by: Visitor, changes: Fields = {}, path = '/refer'): Promise<Fields> {
  const first = formIn((await by.get(path)).text, '/refer');
  const form = await by.post('/refer', { ...first, danger: 'no', step: 'danger' });
  return {
    ...formIn(form.text, '/refer'),
    ...(path === '/refer' ? typed : { ...typed, ...formIn(form.text, '/refer'), ...reasonsOf() }),
    ...changes,
  };
}
/** Without the person, whom the system handed over. */
function reasonsOf(): Fields {
  const { reason, question, urgency, consentBy, consentHow, consentOn, medicalCodes, feedback } = typed;
  return { reason, question, urgency, consentBy, consentHow, consentOn, medicalCodes, feedback };
}
export const previewed = (by: Visitor, fields: Fields) => by.post('/refer', { ...fields, step: 'preview' });

export async function sent(
  by: Visitor,
  changes: Fields = {},
): Promise<{ page: Page; journey: string; fields: Fields }> {
  const preview = await previewed(by, await filled(by, changes));
  const fields = formIn(preview.text, '/refer');
  const page = await by.post('/refer', { ...fields, step: 'send' });
  return { page, journey: page.location.split('/').at(-1) ?? '', fields };
}
