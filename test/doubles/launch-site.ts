import type { Endpoint } from '@medplum/fhirtypes';
import { openOutbound } from '../../src/connectors/outbound.ts';
import { extensions } from '../../src/fhir/systems.ts';
import type { DemoPlace } from '../../src/identity/accounts.ts';
import { openSmartClient } from '../../src/identity/smart-client.ts';
import { cdsRouter } from '../../src/intake/launch/cds-hooks.ts';
import { openLog } from '../../src/log.ts';
import { theLine } from '../../src/referral/actor.ts';
import type { Ask } from '../../src/referral/ask.ts';
import { directoryReader, readDirectoryResource } from '../../src/store/directory.ts';
import { launchPages } from '../../src/web/refer/launch.ts';
import { referSite } from '../web/refer-browser.ts';
import { loadTestRegion, openTestStore, type TestStore } from './database.ts';
import { clientSecret } from './launching-his.ts';

const only = { url: 'only', valueBoolean: true };
export const publicUrl = 'https://kortelijn.example';

/** What an Endpoint of the invented region becomes in a test. */
export interface Registered {
  readonly id: string;
  readonly address: string;
  readonly parts: readonly {
    readonly url: string;
    readonly valueString?: string;
    readonly valueCode?: string;
    readonly valueBoolean?: boolean;
  }[];
}

export interface Answer {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

/** Someone at a browser that keeps its cookies; our public address is the site under test. */
export interface LaunchBrowser {
  get(url: string, init?: RequestInit): Promise<Answer>;
  post(url: string, fields: Readonly<Record<string, string>>): Promise<Answer>;
  readonly cookies: Map<string, string>;
}

export interface LaunchSite {
  readonly opened: TestStore;
  readonly url: string;
  readonly ask: Ask;
  /** Where the demo's systems count; nowhere unless a test says otherwise. */
  readonly door: { demo: DemoPlace };
  /** Lines of the log so far. */
  logged(): string;
  browser(language?: string): LaunchBrowser;
  register(...endpoints: readonly Registered[]): Promise<void>;
  countOf(table: string): Promise<number>;
  close(): Promise<void>;
}

/** Everything that launches, on a fresh record with the invented region; others' servers at `hosts` may be asked. */
export async function openLaunchSite(hosts: readonly string[]): Promise<LaunchSite> {
  const opened = await openTestStore();
  const { store } = opened;
  await loadTestRegion(store);
  let lines = '';
  const log = openLog('info', {
    write: (line: string) => {
      lines += line;
    },
  });
  const outbound = openOutbound(new Set(hosts));
  // What hangs is not waited for here as long as for people.
  const ask: Ask = (asking) =>
    outbound({ ...asking, signal: AbortSignal.any([asking.signal, AbortSignal.timeout(1_500)]) });
  const directory = directoryReader(store);
  const smart = openSmartClient({ store, publicUrl, ask, secrets: { 'smart-r4-zuidrand': clientSecret } });
  const demo: DemoPlace = 'never';
  const door = { store, directory, publicUrl, log, ask, smart, demo: demo as DemoPlace };
  const site = await referSite(store, publicUrl, (app) => {
    app.use(cdsRouter(door));
    app.use(launchPages(door));
  });
  return {
    opened,
    url: site.url,
    ask,
    door,
    logged: () => lines,
    browser: (language = 'nl') => {
      const cookies = new Map<string, string>();
      const go = async (url: string, init: RequestInit = {}): Promise<Answer> => {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(new URL(url.replace(publicUrl, ''), site.url), {
          redirect: 'manual',
          ...init,
          headers: { cookie, 'accept-language': language, ...init.headers },
        });
        for (const set of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
          if (value === '') cookies.delete(name);
          else cookies.set(name, value);
        }
        const { status, headers } = response;
        return { status, location: headers.get('location') ?? '', text: await response.text() };
      };
      return {
        cookies,
        get: go,
        post: (url, fields) => go(url, { method: 'POST', body: new URLSearchParams(fields) }),
      };
    },
    register: async (...endpoints) => {
      const at = store.clock().toISOString();
      const resources = await Promise.all(
        endpoints.map(async ({ id, address, parts }) => {
          const found = await readDirectoryResource<Endpoint>(store, 'Endpoint', id);
          if (!found) throw new Error(`no Endpoint ${id}`);
          const extension = [
            ...(found.extension ?? []).filter((one) => one.url !== extensions.launch),
            { url: extensions.launch, extension: [...(id.startsWith('smart-') ? [only] : []), ...parts] },
          ];
          return { resource: { ...found, id, address, extension } as Endpoint & { id: string }, validFrom: at };
        }),
      );
      const actor = { id: theLine.id, role: theLine.role };
      const line = { event: 'endpoints-moved', at, actor, action: 'U', outcome: 'ok', purpose: 'HOPERAT' } as const;
      const done = await store.commit({ scope: { practice: '' }, directory: resources, audit: [line] });
      if (!done.ok) throw new Error('the endpoints could not be registered');
    },
    countOf: async (table) =>
      Number((await opened.owner.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count),
    close: async () => {
      await site.close();
      await opened.close();
    },
  };
}
