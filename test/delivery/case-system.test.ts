import type { Consent, Endpoint, Organization, Patient, ServiceRequest, Task } from '@medplum/fhirtypes';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { end } from '../../src/feedback/ending.ts';
import { accept } from '../../src/feedback/moves.ts';
import { extensions, identifiers } from '../../src/fhir/systems.ts';
import { feedCaseSystems } from '../../src/intake/case-feed.ts';
import type { Change } from '../../src/referral/change.ts';
import type { Refusal } from '../../src/referral/refusal.ts';
import { numberChanges } from '../../src/store/changes.ts';
import { readDirectoryResource, syncDestinations, writeDestinationSecret } from '../../src/store/directory.ts';
import { type CaseServer, startCaseServer } from '../doubles/case-system.ts';
import { openTestLine, type TestLine } from '../doubles/line.ts';
import { canaries, committed, journeyOf, notRefused, ownerOf, takeIn, until } from '../doubles/made.ts';

const team = 'voorbeeldstreek';
const destination = `case:${team}`;
let line: TestLine;
let there: CaseServer;
let referrals = 0;

beforeAll(async () => {
  line = await openTestLine();
  there = await startCaseServer();
  line.outbound.add(there.host);
  const { store } = line.at;
  const organization = await readDirectoryResource<Organization>(store, 'Organization', team);
  const endpoint: Endpoint & { id: string } = {
    resourceType: 'Endpoint',
    id: 'dossiers',
    status: 'active',
    connectionType: { code: 'hl7-fhir-rest' },
    payloadType: [{ text: 'Task' }],
    address: there.url,
    extension: [{ url: extensions.caseSystem, valueBoolean: true }],
  };
  const validFrom = line.at.now.toISOString();
  await committed(store, {
    scope: { practice: '' },
    directory: [
      { resource: endpoint, validFrom },
      {
        resource: {
          ...organization,
          resourceType: 'Organization',
          id: team,
          endpoint: [{ reference: 'Endpoint/dossiers' }],
        },
        validFrom,
      },
    ],
    audit: [],
  });
  await syncDestinations(store, await line.directory());
  await writeDestinationSecret(store, destination, 'secret-of-theirs');
  await fed();
});
afterAll(async () => {
  await there.close();
  await line.close();
});
beforeEach(async () => {
  there.mode = 'well';
  await line.at.owner.query(
    `update destination set breaker = 'closed', open_until = null, fails = 0, openings = 0, hold_until = null where id = $1`,
    [destination],
  );
});

/** Everything committed has its number, and the case system's place is past it; gives how many deliveries that made. */
async function fed(): Promise<number> {
  await until('all is numbered', async () => {
    await numberChanges(line.at.store);
    return (await line.at.owner.query('select from resource_change where seq is null')).rowCount === 0;
  });
  const made = await feedCaseSystems(line.following);
  await line.drain();
  return made;
}

/** A referral on the worklist of its Wally; gives its journey. */
async function referred(): Promise<string> {
  referrals += 1;
  const journey = await takeIn(line.at.store, { number: `case-${referrals}` });
  await line.drain();
  return journey;
}

async function moved(id: string, decide: (...of: Parameters<typeof accept>) => Change | Refusal): Promise<void> {
  const journey = await journeyOf(line.at.store, id);
  const { store, now } = line.at;
  const acting = { actor: ownerOf(journey), now, newId: store.newId, directory: await line.directory() };
  await committed(store, notRefused(decide(journey, acting)));
}

/** What stands there under our identifier of a resource. */
function standing<T>(id: string) {
  const found = there
    .all()
    .filter(({ resource }) =>
      JSON.stringify(resource).includes(`"system":"urn:ietf:rfc:3986","value":"urn:uuid:${id}"`),
    );
  expect(found.length).toBeLessThan(2);
  return found[0] && { ...found[0], resource: found[0].resource as T };
}

const deliveriesOf = async (journey: string) =>
  (
    await line.at.owner.query(
      `select state, proof, failure_code as code, assignment from delivery where kind = 'case' and journey_id = $1 order by id`,
      [journey],
    )
  ).rows;

test('a referral on the worklist stands in the case system as its Wally may see it, and not before it is there', async () => {
  const id = await takeIn(line.at.store, { number: 'case-early' });
  await numberChanges(line.at.store);
  expect(await feedCaseSystems(line.following)).toBe(0);
  await line.drain();
  expect(await fed()).toBe(1);

  const { task, patient, serviceRequest, consent } = await journeyOf(line.at.store, id);
  const work = standing<Task>(task.resource.id)?.resource;
  const resident = standing<Patient>(patient.resource.id)?.resource;
  const request = standing<ServiceRequest>(serviceRequest.resource.id)?.resource;
  expect(standing<Consent>(consent.resource.id)?.resource.status).toBe('active');
  expect(work).toMatchObject({ status: 'requested', for: { reference: `Patient/${resident?.id}` } });
  expect(work?.owner?.reference).toMatch(new RegExp(`^${line.url}/fhir/R4/PractitionerRole/`));
  expect(request?.subject.reference).toBe(`Patient/${resident?.id}`);
  expect(resident?.identifier?.some((one) => one.system === identifiers.bsn)).toBe(false);
  expect(there.requests.at(-1)?.authorization).toBe('Bearer secret-of-theirs');
  for (const { body } of there.requests) expect(body).not.toContain(canaries.bsn);
  expect(await deliveriesOf(id)).toEqual([{ state: 'landed', proof: 'application', code: null, assignment: 1 }]);
});

test('each change goes there once, however often it is looked for, and nothing stands there twice', async () => {
  const id = await referred();
  expect(await fed()).toBe(1);
  await moved(id, accept);
  expect([await fed(), await fed()]).toEqual([1, 0]);
  const { task } = await journeyOf(line.at.store, id);
  expect(standing<Task>(task.resource.id)).toMatchObject({ version: 2, resource: { status: 'accepted' } });
  expect(await deliveriesOf(id)).toHaveLength(2);
});

test('two processes that look at the same moment make one delivery', async () => {
  const id = await referred();
  await until('all is numbered', async () => {
    await numberChanges(line.at.store);
    return (await line.at.owner.query('select from resource_change where seq is null')).rowCount === 0;
  });
  await Promise.all([1, 2, 3].map(() => feedCaseSystems(line.following)));
  await line.drain();
  expect(await deliveriesOf(id)).toHaveLength(1);
});

test('an answer that was lost is asked for again, and changes nothing there', async () => {
  const id = await referred();
  there.mode = 'lost';
  await fed();
  const { task } = await journeyOf(line.at.store, id);
  expect(await deliveriesOf(id)).toMatchObject([{ state: 'pending', code: 'connection-lost' }]);
  there.mode = 'well';
  await line.at.owner.query(`update delivery set next_at = now() where kind = 'case' and state = 'pending'`);
  await line.drain();
  expect(await deliveriesOf(id)).toMatchObject([{ state: 'landed' }]);
  expect(standing<Task>(task.resource.id)?.version).toBe(1);
});

test('a dead case system holds up no worklist; what waited arrives as it is by then', async () => {
  there.mode = 'away';
  const id = await referred();
  await fed();
  await moved(id, accept);
  await fed();
  const { rows } = await line.at.owner.query(`select state from delivery where kind = 'worklist' and journey_id = $1`, [
    id,
  ]);
  expect(rows).toEqual([{ state: 'landed' }]);
  expect((await deliveriesOf(id)).map(({ state }) => state)).toEqual(['pending', 'pending']);
  there.mode = 'well';
  for (const _ of [1, 2]) {
    await line.at.owner.query(`update delivery set next_at = now() where kind = 'case' and state = 'pending'`);
    await line.drain();
  }
  const { task } = await journeyOf(line.at.store, id);
  expect(standing<Task>(task.resource.id)).toMatchObject({ version: 1, resource: { status: 'accepted' } });
});

test('a yes that does not say that all of it was done is held for a person', async () => {
  there.mode = 'half';
  const id = await referred();
  await fed();
  expect(await deliveriesOf(id)).toMatchObject([{ state: 'held', code: 'not-confirmed' }]);
});

test('H10 after withdrawn consent the case system is told that it ended, and gets nothing of the resident', async () => {
  const id = await referred();
  await fed();
  await moved(id, (journey, acting) => end(journey, 'consent-withdrawn', acting));
  await fed();
  const { task, consent } = await journeyOf(line.at.store, id);
  expect(standing<Task>(task.resource.id)?.resource.status).toBe('cancelled');
  expect(standing<Consent>(consent.resource.id)?.resource.status).toBe('inactive');
  const sent = there.requests.at(-1)?.body ?? '';
  for (const canary of Object.values(canaries)) expect(sent).not.toContain(canary);
});

test('who has it no more is told so once, without anything else', async () => {
  const id = await referred();
  await fed();
  const { task } = await journeyOf(line.at.store, id);
  const change = async (owner: string) => {
    await line.at.owner.query('update journey set team_id = $2 where id = $1', [id, owner]);
    // Something of it changes: it is numbered anew.
    await line.at.owner.query(
      `insert into resource_change (practice_id, type, id, version, journey_id)
       select practice_id, 'Task', task_id, -100 - (random() * 1000000)::int, id from journey where id = $1`,
      [id],
    );
  };
  await change('elsewhere');
  expect(await fed()).toBe(1);
  const gone = standing<Task>(task.resource.id)?.resource;
  expect(gone).toMatchObject({ status: 'cancelled', statusReason: { text: expect.stringContaining('niet meer') } });
  expect([gone?.for, gone?.focus, gone?.owner]).toEqual([undefined, undefined, undefined]);
  await change('elsewhere');
  expect(await fed()).toBe(0);
  expect((await deliveriesOf(id)).map(({ assignment }) => assignment)).toEqual([1, null]);
});
