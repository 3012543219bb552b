import { readFile } from 'node:fs/promises';
import type { PractitionerRole, Resource } from '@medplum/fhirtypes';
import { fixturesFolder, publicUrl } from '../../scripts/fixture-case.ts';
import type { Fixture } from '../../scripts/fixture-story.ts';
import { demoPractices, practiceNumber } from '../../scripts/fixture-world.ts';
import type { Acting } from '../../src/feedback/moves.ts';
import { theLine } from '../../src/referral/actor.ts';
import type { Change } from '../../src/referral/change.ts';
import type { Journey } from '../../src/referral/journey.ts';
import type { Refusal } from '../../src/referral/refusal.ts';
import { readDirectoryResource } from '../../src/store/directory.ts';
import { readJourney } from '../../src/store/referrals.ts';
import { withAbsence } from '../../src/web/team/absence.ts';
import type { TestLine } from './line.ts';
import { committed, notRefused } from './made.ts';

/** A stage of a case as it stands in its folder. */
export async function stage(fixture: Fixture, file: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`${fixture.name}/${file}`, fixturesFolder), 'utf8'));
}

/** The practice of a case as the HIS plays it, with its credential and token. */
export async function practiceOf(fixture: Fixture) {
  const found = (await demoPractices()).find((one) => one.id === fixture.practice);
  if (!found) throw new Error('no such practice');
  return found;
}

/** Ids by the order in which they appear, journey numbers and the line's address alike: what two runs may differ in. */
export function comparable(line: TestLine, content: unknown): unknown {
  const seen = new Map<string, string>();
  const named = (id: string) => {
    const name = seen.get(id) ?? `id-${seen.size + 1}`;
    seen.set(id, name);
    return name;
  };
  const text = JSON.stringify(content)
    .replaceAll(line.url, publicUrl)
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, named)
    .replaceAll(/KL-\w{5}-\w{5}/g, 'KL-number');
  return JSON.parse(text);
}

/** The practice's system sends a message to the FHIR door, with the practice's own credential. */
export async function send(line: TestLine, fixture: Fixture, received: Resource) {
  const { credential } = await practiceOf(fixture);
  const path = received.resourceType === 'Bundle' ? '' : `/${received.resourceType}`;
  const answer = await fetch(`${line.url}/fhir/R4${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json', authorization: `Bearer ${credential}` },
    body: JSON.stringify(received),
  });
  return { status: answer.status, duplicate: answer.headers.get('x-duplicate'), body: await answer.json() };
}

/** One resource as the practice reads it at the FHIR door, without its meta. */
export async function readOver(line: TestLine, fixture: Fixture, type: string, id: string | undefined) {
  const { credential } = await practiceOf(fixture);
  const headers = { authorization: `Bearer ${credential}` };
  const answer = await fetch(`${line.url}/fhir/R4/${type}/${id}`, { headers });
  const { meta: _meta, ...resource } = (await answer.json()) as Resource;
  return resource;
}

type StoredRole = PractitionerRole & { id: string };

/** Writes a case's absences into the directory; gives what puts people back. */
export async function absent(line: TestLine, fixture: Fixture): Promise<() => Promise<void>> {
  const { store } = line.at;
  const actor = { id: theLine.id, role: theLine.role };
  const write = async (roles: readonly StoredRole[]) => {
    if (roles.length === 0) return;
    const at = store.clock().toISOString();
    await committed(store, {
      scope: { practice: '' },
      directory: roles.map((resource) => ({ resource, validFrom: '2026-01-01T00:00:00Z' })),
      audit: [{ event: 'absence-changed', at, actor, action: 'U', outcome: 'ok', purpose: 'HOPERAT' }],
    });
  };
  const before: StoredRole[] = [];
  const after: StoredRole[] = [];
  for (const [id, { from, to }] of Object.entries(fixture.absent)) {
    const role = await readDirectoryResource<PractitionerRole>(store, 'PractitionerRole', id);
    if (!role) throw new Error(`${id} is not in the directory`);
    before.push(role);
    after.push(withAbsence(role, { from, ...(to && { to }) }));
  }
  await write(after);
  return () => write(before);
}

/** The ids of all journeys under the practice's number of a case: none, or the one. */
export async function journeysOf(line: TestLine, fixture: Fixture): Promise<string[]> {
  const { rows } = await line.at.owner.query<{ id: string }>(
    'select id from journey where practice_id = $1 and practice_referral_id = $2',
    [fixture.practice, practiceNumber(fixture.received).value],
  );
  return rows.map((row) => row.id);
}

export async function journeyOf(line: TestLine, id: string): Promise<Journey> {
  const journey = await readJourney(line.at.store, { kind: 'line' }, id);
  if (!journey) throw new Error('the journey is gone');
  return journey;
}

/** Someone of the directory decides on the newest state, it is committed, and everything due is delivered. */
export async function act(
  line: TestLine,
  who: { readonly id: string; readonly journey: string; readonly at: string },
  decide: (journey: Journey, acting: Acting) => Change | Refusal,
): Promise<void> {
  line.at.now = new Date(who.at);
  const directory = await line.directory();
  const role = directory.roles.get(who.id);
  if (!role) throw new Error(`${who.id} is not in the directory`);
  const kind = role.kind === 'team-lead' ? 'team-lead' : 'wally';
  const actor = { id: who.id, name: role.name, role: kind, organization: role.organization } as const;
  const acting = { actor, now: line.at.now, newId: line.at.store.newId, directory };
  await committed(line.at.store, notRefused(decide(await journeyOf(line, who.journey), acting)));
  await line.drain();
}
