import { readFileSync } from 'node:fs';
import type { HealthcareService } from '@medplum/fhirtypes';
import { keepRefused } from '../../src/intake/refused.ts';
import type { Probe } from '../../src/referral/probe.ts';
import { issue, refuse } from '../../src/referral/refusal.ts';
import { linkCode, linksOf, linkToken, residentCode } from '../../src/store/access/links.ts';
import { readDirectoryResource } from '../../src/store/directory.ts';
import type { OpenApp } from '../doubles/app.ts';
import { committed } from '../doubles/made.ts';
import { journeyOf, type Person } from './harness.ts';
import type { WholeApp } from './whole-app.ts';

/** One connection that is well, and one with a certificate that is over. */
export const testProbe: Probe = async ({ channel }) =>
  channel.id === 'his-de-brink'
    ? [
        { step: 'address', state: 'ok', ms: 1 },
        { step: 'tls', state: 'not-ok', ms: 12, code: 'certificate-expired', until: '2026-11-01' },
        { step: 'write', state: 'not-reached', ms: 0 },
      ]
    : [
        { step: 'address', state: 'ok', ms: 1 },
        { step: 'tls', state: 'not-needed', ms: 0 },
        { step: 'write', state: 'ok', ms: 40 },
      ];

/** Two refused messages of de Brink: one that is kept whole, and one whose consent was missing. */
async function makeRefused({ at }: OpenApp): Promise<Record<'refused' | 'bare', string>> {
  const body = readFileSync(new URL('../../fixtures/fhir-loneliness/0-received.json', import.meta.url));
  const actor = { id: 'test-his', name: 'HIS', role: 'practice-system', organization: 'de-brink' } as const;
  const by = { practice: 'de-brink', application: 'test-his', door: 'fhir', actor };
  const said = { nl: 'Nee.', en: 'No.' };
  await keepRefused(at.store, by, body, refuse(issue('not-found', 'no-wally-service', 'Bundle', said)));
  await keepRefused(at.store, by, body, refuse(issue('forbidden', 'consent-missing', 'Bundle', said)));
  const { rows } = await at.owner.query<{ id: string; code: string }>('select id, codes[1] as code from refused');
  const idOf = (code: string) => rows.find((row) => row.code === code)?.id ?? '';
  return { refused: idOf('no-wally-service'), bare: idOf('consent-missing') };
}

/** The route of zuidrand takes nobody for a month. */
async function closeRoute({ at }: OpenApp): Promise<void> {
  const service = await readDirectoryResource<HealthcareService>(at.store, 'HealthcareService', 'wally-of-zuidrand');
  if (!service) throw new Error('zuidrand has no service');
  const during = { start: '2026-11-20', end: '2026-12-20' };
  const resource = { ...service, notAvailable: [{ description: 'Wegens verhuizing.', during }] };
  await committed(at.store, {
    scope: { practice: '' },
    directory: [{ resource, validFrom: at.store.clock().toISOString() }],
    audit: [],
  });
}

/** A link to an organisation without an account and a code for the resident, both of this referral. */
async function makeLinks(
  { at, site }: OpenApp,
  post: (as: Person, path: string, fields: Record<string, string>) => Promise<string>,
  journey: string,
): Promise<Record<'token' | 'linkCode' | 'code', string>> {
  const version = async () => String((await journeyOf(site, journey)).task.version);
  await post('sanne', `/worklist/${journey}/move/refer-on`, {
    version: await version(),
    onwardTo: 'schuldhulp',
    onwardQuestion: 'Wilt u samen de post ordenen?',
    'area-debts': 'yes',
    onwardBy: 'resident',
    onwardHow: 'spoken',
    onwardOn: '2026-11-23',
  });
  const [link] = await linksOf(at.store, 'de-brink', journey);
  await post('brink', `/practice/${journey}/move/resident-code`, { version: await version() });
  const own = (await linksOf(at.store, 'de-brink', journey)).find((one) => one.id !== link?.id);
  const { master } = at.store;
  return {
    token: linkToken(master, link?.id ?? ''),
    linkCode: linkCode(master, link?.id ?? ''),
    code: residentCode(master, own?.id ?? ''),
  };
}

/**
 * What the pages of the administrator and of who has no account are about, beside the referrals: gives ids, tokens and
 * texts by the name that a visit has for them. `running` is an accepted referral of de Brink.
 */
export async function makeRest(app: OpenApp, pages: WholeApp, running: string): Promise<Record<string, string>> {
  const post = async (as: Person, path: string, fields: Record<string, string>): Promise<string> => {
    const { status, location, text } = await pages.post(as, path, fields);
    if (status !== 303 || !location) throw new Error(`${path} answered ${status}: ${text}`);
    return location;
  };
  const lastPart = (location: string) =>
    location
      .split(/[/?]/)
      .filter((one) => !one.includes('='))
      .at(-1) ?? '';
  const { number } = (await journeyOf(app.site, running)).index;
  const reason = 'De leverancier vraagt welk nummer de praktijk gaf.';
  await post('admin', '/admin/break-glass', { number, reason });
  await app.register({
    id: 'case-system',
    name: 'Cliëntsysteem',
    kind: 'team',
    party: 'voorbeeldstreek',
    scopes: ['system/Task.rs'],
  });
  const job = await post('admin', '/admin/bulk', { query: '', of: 'all', action: 'retry', limit: '5', reason });
  const request = await post('brink', '/practice/rights/act', {
    reference: 'Z-2026-7',
    journeys: running,
    [`j-${running}`]: 'yes',
    right: 'access',
    sure: 'yes',
  });
  const links = await makeLinks(app, post, running);
  await closeRoute(app);
  const team = { resourceType: 'Organization', id: 'nieuw-team', active: true, name: 'Nieuw team' };
  return {
    ...(await makeRefused(app)),
    ...links,
    job: lastPart(job),
    request: lastPart(request),
    bundle: JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: team }] }),
  };
}
