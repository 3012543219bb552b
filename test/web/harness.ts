import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { reevaluatePresence } from '../../src/delivery/presence.ts';
import type { Language } from '../../src/fhir/outcome.ts';
import { openLog } from '../../src/log.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import type { Actor } from '../../src/referral/actor.ts';
import { theLine } from '../../src/referral/actor.ts';
import type { Proof } from '../../src/referral/directory/channels.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { receive } from '../../src/referral/receive.ts';
import type { Referral } from '../../src/referral/referral.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { claim, offerDue } from '../../src/store/outbox/outbox.ts';
import { readJourney } from '../../src/store/referrals.ts';
import type { Store } from '../../src/store/store.ts';
import { adminPages } from '../../src/web/admin/admin.ts';
import { alarmPages } from '../../src/web/admin/alarms.ts';
import { bullPages } from '../../src/web/admin/bull-board.ts';
import { credentialPages } from '../../src/web/admin/credentials.ts';
import { endpointTestPages } from '../../src/web/admin/endpoint-test.ts';
import { mappingPages } from '../../src/web/admin/mappings.ts';
import { personAccessPages } from '../../src/web/admin/person-access.ts';
import { trailPages } from '../../src/web/admin/trail.ts';
import { directoryPages } from '../../src/web/directory/directory.ts';
import { directoryExchangePages } from '../../src/web/directory/exchange.ts';
import { linkPages } from '../../src/web/link/link.ts';
import { lookOf } from '../../src/web/look.ts';
import { lookedPages } from '../../src/web/looked.ts';
import type { Viewer } from '../../src/web/page.ts';
import { practicePages } from '../../src/web/practice.ts';
import { practiceQuestionPages, wallyQuestionPages } from '../../src/web/questions.ts';
import { referDraftPages } from '../../src/web/refer/draft.ts';
import { referPages } from '../../src/web/refer/refer.ts';
import { registerPages } from '../../src/web/refer/register.ts';
import { minePages } from '../../src/web/rights/mine.ts';
import { rightsPages } from '../../src/web/rights/rights.ts';
import type { Site } from '../../src/web/site.ts';
import { handoverPages } from '../../src/web/team/handover.ts';
import { sentencePages } from '../../src/web/team/sentences.ts';
import { talkPages } from '../../src/web/team/talks.ts';
import { teamPages } from '../../src/web/team/team.ts';
import { ownRecordPages } from '../../src/web/worklist/own-record-list.ts';
import { worklistPages } from '../../src/web/worklist/worklist.ts';
import { undressed } from './markup.ts';

export const people = {
  sanne: { id: 'wally-sanne', name: 'Sanne Verhoeven', role: 'wally', organization: 'voorbeeldstreek' },
  karim: { id: 'wally-karim', name: 'Karim Bouzid', role: 'wally', organization: 'voorbeeldstreek' },
  joost: { id: 'wally-joost', name: 'Joost ter Braak', role: 'wally', organization: 'voorbeeldstreek' },
  marijke: { id: 'lead-marijke', name: 'Marijke Hoekzema', role: 'team-lead', organization: 'voorbeeldstreek' },
  brink: { id: 'gp-vanleeuwen', name: 'M. van Leeuwen', role: 'practice', organization: 'de-brink' },
  rand: { id: 'gp-osinga', name: 'T. Osinga', role: 'practice', organization: 'zuidrand' },
  admin: { id: 'admin-region', name: 'Beheer van de regio', role: 'administrator' },
  coordinator: { id: 'coordinator-region', name: 'Coördinator van de regio', role: 'coordinator' },
} as const satisfies Record<string, Actor>;

export type Person = keyof typeof people;

/** The referral that the tests vary on: a person nobody is, with a BSN nobody has. */
export function referralOf(nth: number, change: Partial<Referral> = {}): Referral {
  return {
    practiceReferralId: { system: 'urn:oid:2.16.528.1.1007.3.3.999', value: `VB-${1000 + nth}` },
    authoredOn: '2026-11-23T09:00:00+01:00',
    priority: 'routine',
    requester: { name: 'M. van Leeuwen', agb: '01990111' },
    patient: {
      bsn: '999990019',
      localId: { system: 'urn:oid:2.16.528.1.1007.3.3.999', value: `patient-${nth}` },
      name: { family: 'van den Berg', given: 'J.M.', callName: 'Annie', text: 'Annie van den Berg' },
      birthDate: '1951-04-12',
      gender: 'female',
      phones: ['06-00009001', '0570-000901'],
      email: 'annie@voorbeeld.example',
      address: { street: 'Voorbeeldstraat', houseNumber: '12', postcode: '0000 AB', city: 'Voorbeeldstad' },
    },
    reason:
      'Mevrouw is sinds het overlijden van haar man veel alleen en slaapt slecht. Zij wil weer onder de mensen komen.',
    residentQuestion: 'Ik zou zo graag weer eens ergens koffie drinken met mensen.',
    lifeAreas: ['loneliness', 'meaning'],
    reasonCodes: [
      { system: 'http://hl7.org/fhir/sid/icpc-1-nl', code: 'Z15', display: 'Verlies of overlijden partner' },
    ],
    consent: { by: 'resident', how: 'spoken', on: '2026-11-23', medicalCodes: false, feedback: 'content' },
    contactPerson: { name: 'Els van den Berg', phone: '06-00009002', relation: 'dochter' },
    notes: [],
    ...change,
  };
}

/** A store with its directory, as the pages get it. */
export function siteOver(store: Store): Site {
  return {
    store,
    directory: directoryReader(store),
    publicUrl: 'http://127.0.0.1',
    log: openLog('silent'),
    retentionDays: 90,
  };
}

/** Receives a referral as a door does; gives the journey. `undoMs` as on the refer page. */
export async function refer(site: Site, practice: string, referral: Referral, undoMs = 0): Promise<Journey> {
  const { store } = site;
  const received = receive(
    {
      practice,
      actor: { id: 'test-his', name: 'HIS', role: 'practice-system', organization: practice },
      referral,
      losses: [],
      places: { consentBy: '', consentOn: '', practice: '', birthDate: '', number: '' },
      arrival: {
        application: 'test',
        controlId: store.newId(),
        messageType: 'test',
        intent: 'refer',
        door: 'test',
        hash: Buffer.from(referral.practiceReferralId.value.padEnd(32)),
      },
      source: { contentType: 'application/json', base64: Buffer.from('{}').toString('base64') },
      undoMs,
    },
    { directory: await site.directory(), now: store.clock(), newId: store.newId },
  );
  if (isRefusal(received)) throw new Error(received.refused.map((one) => one.reason).join(' '));
  if (!(await store.commit(received.change)).ok) throw new Error('the referral was not committed');
  return journeyOf(site, received.answer.journey);
}

export async function journeyOf(site: Site, id: string): Promise<Journey> {
  const journey = await readJourney(site.store, { kind: 'line' }, id);
  if (!journey) throw new Error('no such journey');
  return journey;
}

/** Lands the present assignment on the worklist, as its connector does. */
export async function putOnWorklist(site: Site, id: string): Promise<void> {
  const { index, practice } = await journeyOf(site, id);
  const at = site.store.clock().toISOString();
  const done = await site.store.commit({
    scope: { practice },
    journey: id,
    visible: [{ taskId: index.taskId, assignment: index.assignment, owner: index.owner, at }],
    events: [{ kind: 'visible', at, owner: index.owner }],
    audit: [
      {
        event: 'delivery-landed',
        at,
        actor: { id: theLine.id, role: theLine.role },
        action: 'E',
        outcome: 'ok',
        purpose: 'TREAT',
      },
    ],
  });
  if (!done.ok) throw new Error('not put on the worklist');
}

/** A referral that stands on its owner's worklist. */
export async function referred(site: Site, practice: string, referral: Referral): Promise<Journey> {
  const journey = await refer(site, practice, referral);
  await putOnWorklist(site, journey.id);
  return journey;
}

/** One attempt for the newest feedback of a journey, ended as said: a proof, or held with a code and what they said. */
export async function attemptFeedback(
  site: Site,
  id: string,
  end: { proof: Proof; landed: boolean } | { held: string; said?: string },
  kind = 'feedback',
): Promise<void> {
  const { store } = site;
  await offerDue(store, async () => undefined);
  const { rows } = await store.pool.query<{ id: string; generation: number }>(
    'select id::text, generation from delivery where journey_id = $1 and kind = $2 order by id desc limit 1',
    [id, kind],
  );
  const claimed = rows[0] && (await claim(store, rows[0], 60_000));
  if (!claimed) throw new Error('the feedback could not be claimed');
  const at = store.clock().toISOString();
  const own = { id: claimed.id, lease: claimed.lease };
  const done = await store.commit({
    scope: { practice: claimed.practice },
    journey: id,
    deliveries: [
      'held' in end
        ? { to: 'held', ...own, code: end.held, ambiguous: false }
        : { to: end.landed ? 'landed' : 'sent', ...own, proof: end.proof, at },
    ],
    ...('held' in end && end.said && { attempts: [{ delivery: own.id, lease: own.lease, said: end.said }] }),
    audit: [
      {
        event: 'delivery-attempted',
        at,
        actor: { id: theLine.id, role: theLine.role },
        action: 'E',
        outcome: 'ok',
        purpose: 'TREAT',
      },
    ],
  });
  if (!done.ok) throw new Error('the attempt was not recorded');
}

export interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
}

export interface Browsing {
  readonly url: string;
  get(as: Person, path: string, language?: Language): Promise<Answer>;
  post(as: Person, path: string, fields: Record<string, string>, language?: Language): Promise<Answer>;
  close(): Promise<void>;
}

/** The pages on a port of their own, with whoever the header (or the cookie of a browser) says is looking. */
export async function browse(site: Site, handedOverAtOnce?: number): Promise<Browsing> {
  const app = express();
  const look = await lookOf('kortelijn');
  const viewerOf = (request: express.Request): Viewer => {
    const said = request.get('x-as') ?? /as=(\w+)/.exec(request.get('cookie') ?? '')?.[1];
    const actor = people[(said ?? 'sanne') as Person];
    return { actor, language: request.get('x-language') === 'en' ? 'en' : 'nl', csrf: 'token-of-this-session' };
  };
  app.use(express.urlencoded({ extended: false, limit: 5_000_000 }));
  for (const [path, handler] of look) app.get(path, handler);
  app.use(referDraftPages(site, viewerOf));
  app.use(referPages(site, viewerOf));
  app.use(linkPages(site));
  app.use(minePages(site));
  app.use(registerPages(site, viewerOf));
  app.use(practiceQuestionPages(site, viewerOf));
  app.use(wallyQuestionPages(site, viewerOf));
  for (const role of ['wally', 'team-lead', 'practice'] as const) app.use(talkPages(site, viewerOf, role));
  for (const role of ['wally', 'team-lead'] as const) app.use(ownRecordPages(site, viewerOf, role));
  app.use(worklistPages(site, viewerOf));
  app.use(rightsPages(site, viewerOf));
  app.use(lookedPages(site, viewerOf));
  for (const role of ['practice', 'team-lead'] as const) app.use(sentencePages(site, viewerOf, role));
  app.use(practicePages(site, viewerOf));
  app.use(handoverPages(site, viewerOf, handedOverAtOnce));
  app.use(teamPages(site, viewerOf, () => reevaluatePresence(site.store, site.directory)));
  app.use(mappingPages(site, viewerOf, await loadMappings()));
  app.use(directoryExchangePages(site, viewerOf, () => reevaluatePresence(site.store, site.directory)));
  app.use(endpointTestPages(site, viewerOf));
  app.use(directoryPages(site, viewerOf, () => reevaluatePresence(site.store, site.directory)));
  app.use(personAccessPages(site, viewerOf));
  app.use(alarmPages(site, viewerOf));
  app.use(credentialPages(site, viewerOf));
  app.use(bullPages({ ...site, boards: [] }, viewerOf));
  app.use(trailPages(site, viewerOf));
  app.use(adminPages(site, viewerOf, await loadMappings()));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, { redirect: 'manual', ...init });
    return {
      status: response.status,
      location: response.headers.get('location'),
      text: undressed(await response.text()),
    };
  };
  return {
    url,
    get: (as, path, language = 'nl') => ask(path, { headers: { 'x-as': as, 'x-language': language } }),
    post: (as, path, fields, language = 'nl') =>
      ask(path, {
        method: 'POST',
        headers: { 'x-as': as, 'x-language': language },
        body: new URLSearchParams(fields),
      }),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close').catch(() => undefined);
    },
  };
}
