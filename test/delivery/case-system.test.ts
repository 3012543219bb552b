import type {
  Communication,
  Consent,
  Endpoint,
  Organization,
  Patient,
  PractitionerRole,
  ServiceRequest,
  Task,
  TaskOutput,
} from '@medplum/fhirtypes';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { end } from '../../src/feedback/ending.ts';
import { accept } from '../../src/feedback/moves.ts';
import { message } from '../../src/feedback/question.ts';
import { tooClose } from '../../src/feedback/too-close.ts';
import { codeSystems, extensions, identifiers } from '../../src/fhir/systems.ts';
import { evenCaseSystems, feedCaseSystems } from '../../src/intake/case/feed.ts';
import { followCaseSystems } from '../../src/intake/case/follow.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { Change } from '../../src/referral/change.ts';
import type { Refusal } from '../../src/referral/refusal.ts';
import { copiesOf } from '../../src/store/case-systems.ts';
import { numberChanges } from '../../src/store/changes.ts';
import { readDirectoryResource, syncDestinations, writeDestinationSecret } from '../../src/store/directory.ts';
import { type CaseServer, startCaseServer } from '../doubles/case-system.ts';
import { openTestLine, type TestLine } from '../doubles/line.ts';
import { canaries, committed, journeyOf, notRefused, ownerOf, takeIn, until } from '../doubles/made.ts';

const team = 'voorbeeldstreek';
const his: Actor = { id: 'his', name: 'HIS', role: 'practice-system', organization: 'de-brink' };
const destination = `case:${team}`;
let line: TestLine;
let there: CaseServer;
let referrals = 0;

const systemAt = (address: string): Endpoint & { id: string } => ({
  resourceType: 'Endpoint',
  id: 'dossiers',
  status: 'active',
  connectionType: { code: 'hl7-fhir-rest' },
  payloadType: [{ text: 'Task' }],
  address,
  extension: [{ url: extensions.caseSystem, valueBoolean: true }],
});

beforeAll(async () => {
  line = await openTestLine();
  there = await startCaseServer();
  line.outbound.add(there.host);
  const { store } = line.at;
  const organization = await readDirectoryResource<Organization>(store, 'Organization', team);
  const endpoint = systemAt(there.url);
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

/** Gives a Wally a case system of her own, or takes it away. */
async function ownSystem(role: string, address: string | undefined): Promise<void> {
  const { store } = line.at;
  const found = await readDirectoryResource<PractitionerRole>(store, 'PractitionerRole', role);
  if (!found) throw new Error('no such role');
  const { endpoint: _endpoint, ...bare } = found;
  const endpoint = address && { ...systemAt(address), id: `own-${role}` };
  const changed = { ...bare, ...(endpoint && { endpoint: [{ reference: `Endpoint/${endpoint.id}` }] }) };
  const validFrom = line.at.now.toISOString();
  await committed(store, {
    scope: { practice: '' },
    directory: [changed, ...(endpoint ? [endpoint] : [])].map((resource) => ({ resource, validFrom })),
    audit: [],
  });
  await syncDestinations(store, await line.directory());
}

/** Everything committed has its number, and the case system's place is past it; gives how many deliveries that made. */
async function fed(): Promise<number> {
  await until('all is numbered', async () => {
    await numberChanges(line.at.store);
    return (await line.at.owner.query('select from resource_change where seq is null')).rowCount === 0;
  });
  const made = (await feedCaseSystems(line.following)) + (await evenCaseSystems(line.following));
  await line.drain();
  return made;
}

/** A referral on the worklist of its Wally; gives its journey. */
async function referred(practice = 'de-brink'): Promise<string> {
  referrals += 1;
  const journey = await takeIn(line.at.store, { practice, number: `case-${referrals}` });
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

// What is done there.

/** Asks the case system what was done there, as the clock does; gives how many steps that was. */
const followed = () => followCaseSystems(line.casesFollowed, 0);

/** A referral that stands there; its journey, and its Task as it stands there. */
async function standsThere(): Promise<{ id: string; task: Task & { id: string } }> {
  const id = await referred();
  await fed();
  return { id, task: await theirs(id) };
}

async function theirs(id: string): Promise<Task & { id: string }> {
  const { task } = await journeyOf(line.at.store, id);
  const found = standing<Task & { id: string }>(task.resource.id);
  if (!found) throw new Error('not there');
  return found.resource;
}

const statusOf = async (id: string) => (await journeyOf(line.at.store, id)).task.resource.status;
const note = (code: string, text: string): TaskOutput => ({
  type: { coding: [{ system: codeSystems.taskOutput, code }] },
  valueAnnotation: { time: line.at.now.toISOString(), text },
});
const linesOf = async (id: string, event: string) =>
  (
    await line.at.owner.query<{ line: string }>(
      `select line from audit where journey_id = $1 and line like '%"event":"' || $2 || '"%'`,
      [id, event],
    )
  ).rows.map(({ line: text }) => JSON.parse(text));
const refusedOf = async (id: string) => (await copiesOf(line.at.store, id))[0]?.kept.refused;

/** A message there about a Task there, of one of our kinds. */
function messageThere(task: Task & { id: string }, kind: string, line1: string): Communication {
  return {
    resourceType: 'Communication',
    status: 'completed',
    category: [{ coding: [{ system: codeSystems.communicationCategory, code: kind }] }],
    subject: { reference: task.for?.reference ?? '' },
    partOf: [{ reference: `Task/${task.id}` }],
    sender: { reference: 'Practitioner/77', display: 'Iemand daar' },
    payload: [{ contentString: line1 }],
    extension: [{ url: extensions.residentAgreed, valueBoolean: true }],
  };
}

test('what stands there because of us is no step, however often we look', async () => {
  const { id } = await standsThere();
  await moved(id, accept);
  await fed();
  expect([await followed(), await followed(), await fed()]).toEqual([0, 0, 0]);
  expect(await linesOf(id, 'move-refused')).toEqual([]);
});

test('a step there is the same step here, of who has it, once; and does not go back there', async () => {
  const { id, task } = await standsThere();
  const before = (await deliveriesOf(id)).length;
  there.write({ ...task, status: 'accepted', text: { status: 'generated', div: '<div>Eigen tekst</div>' } });
  expect([await followed(), await followed()]).toEqual([1, 0]);
  expect(await statusOf(id)).toBe('accepted');
  expect(await linesOf(id, 'task-accepted')).toMatchObject([{ actor: { id: 'wally-sanne', via: destination } }]);
  await fed();
  expect(await deliveriesOf(id)).toHaveLength(before);
  expect(standing<Task>((await journeyOf(line.at.store, id)).task.resource.id)?.version).toBe(2);
});

test('steps that were taken there between two looks are taken here in their order, and what they led to goes there', async () => {
  const { id, task } = await standsThere();
  const accepted = there.write({ ...task, status: 'accepted' });
  const called = there.write({ ...accepted, output: [...(accepted.output ?? []), note('contact-attempt', 'phone')] });
  there.write({ ...called, output: [...(called.output ?? []), note('contact', 'contact')] });
  expect(await followed()).toBe(3);
  await line.drain();
  const { resource } = (await journeyOf(line.at.store, id)).task;
  expect([resource.status, resource.businessStatus?.coding?.[0]?.code]).toEqual(['in-progress', 'contact-made']);
  expect((await theirs(id)).status).toBe('in-progress');
  expect([await followed(), await fed()]).toEqual([0, 0]);
});

test('an identifier of theirs stays on the Task when ours is written there', async () => {
  const { id, task } = await standsThere();
  const own = { system: 'http://dossiers.example/case', value: 'D-1' };
  there.write({ ...task, identifier: [...(task.identifier ?? []), own] });
  await moved(id, accept);
  await fed();
  expect(await theirs(id)).toMatchObject({ status: 'accepted', identifier: expect.arrayContaining([own]) });
  expect(await refusedOf(id)).toBeUndefined();
});

test('feedback that is written there reaches the practice once, however often it is seen; with a Task that ends it closes', async () => {
  const { id, task } = await standsThere();
  const accepted = there.write({ ...task, status: 'accepted' });
  await followed();
  there.write({ ...messageThere(task, 'feedback-interim', 'Nog niet af'), status: 'preparation' });
  there.write(messageThere(task, 'feedback-interim', canaries.letter));
  expect([await followed(), await followed()]).toEqual([1, 0]);
  const final = there.write(messageThere(task, 'feedback-final', 'Mevrouw gaat naar de eettafel.'));
  const output: TaskOutput[] = [
    ...(accepted.output ?? []),
    note('contact', 'contact'),
    {
      type: { coding: [{ system: codeSystems.taskOutput, code: 'feedback' }] },
      valueReference: { reference: `Communication/${final.id}` },
    },
    ...['loneliness', 'meaning'].map((code) => ({
      type: { coding: [{ system: codeSystems.lifeArea, code }] },
      valueCodeableConcept: { coding: [{ system: codeSystems.outcome, code: 'led-on' }] },
    })),
  ];
  there.write({ ...accepted, status: 'completed', output });
  expect([await followed(), await followed()]).toEqual([1, 0]);
  const { task: ours, communications } = await journeyOf(line.at.store, id);
  expect(ours.resource.status).toBe('completed');
  // Closing asks for an outcome per life area: those of the Task went with the message.
  expect(communications.map(({ resource }) => resource.payload?.[0]?.contentString)).toEqual([
    canaries.letter,
    'Mevrouw gaat naar de eettafel.',
  ]);
  await line.drain();
  const { rows } = await line.at.owner.query(`select state from delivery where kind = 'feedback' and journey_id = $1`, [
    id,
  ]);
  expect(rows).toHaveLength(2);
});

test('what cannot be done is told once; ours stands there again, also where that system insists', async () => {
  const { id, task } = await standsThere();
  there.write({ ...task, status: 'completed' });
  expect(await followed()).toBe(0);
  await line.drain();
  expect([await statusOf(id), (await theirs(id)).status]).toEqual(['requested', 'requested']);
  expect((await refusedOf(id))?.said[0]?.nl).toMatch(/terugkoppeling aan de huisarts/);
  expect(await linesOf(id, 'move-refused')).toMatchObject([
    { actor: { id: destination, role: 'wally-system' }, code: 'feedback-missing', outcome: 'refused' },
  ]);
  there.write({ ...(await theirs(id)), status: 'completed' });
  await followed();
  await line.drain();
  await followed();
  expect(await linesOf(id, 'move-refused')).toHaveLength(1);
  expect((await theirs(id)).status).toBe('completed');
  // The next step there says that it was seen.
  there.write({ ...(await theirs(id)), status: 'accepted' });
  expect(await followed()).toBe(1);
  expect([await statusOf(id), await refusedOf(id)]).toEqual(['accepted', undefined]);
});

test('a no of the step itself is told once too', async () => {
  const { id, task } = await standsThere();
  await moved(id, accept);
  await fed();
  for (const _ of [1, 2]) {
    there.write({ ...(await theirs(id)), status: 'failed', statusReason: { text: 'Niet bereikt' } });
    await followed();
    await line.drain();
  }
  expect(await linesOf(id, 'move-refused')).toHaveLength(1);
  expect([await statusOf(id), (await theirs(id)).id]).toEqual(['accepted', task.id]);
});

test('when it moved there while it moved here, ours stands, and there too', async () => {
  const { id, task } = await standsThere();
  there.write({ ...task, status: 'accepted' });
  await moved(id, (journey, acting) => end(journey, 'deceased', acting));
  await fed();
  expect([await statusOf(id), (await theirs(id)).status]).toEqual(['cancelled', 'cancelled']);
  expect((await refusedOf(id))?.said[0]?.nl).toMatch(/intussen/);
  expect(await linesOf(id, 'move-refused')).toMatchObject([{ code: 'moved-here' }]);
});

test('the same step here and there is no conflict; what is written there meanwhile is not overwritten unseen', async () => {
  const { id, task } = await standsThere();
  there.write({ ...task, status: 'accepted' });
  await moved(id, accept);
  await fed();
  expect([await refusedOf(id), (await theirs(id)).status]).toEqual([undefined, 'accepted']);
  expect(await deliveriesOf(id)).toMatchObject([{ state: 'landed' }, { state: 'landed' }]);
});

test('what is written there at the very moment that we write is read first, and not lost', async () => {
  const { id, task } = await standsThere();
  there.meanwhile = () => void there.write({ ...task, status: 'accepted' });
  await moved(id, (journey, acting) => message(journey, 'Belt u na vijven?', { ...acting, actor: his }));
  await fed();
  expect((await deliveriesOf(id)).at(-1)).toMatchObject({ state: 'pending', code: 'changed-there' });
  await line.at.owner.query(`update delivery set next_at = now() where kind = 'case' and state = 'pending'`);
  await line.drain();
  expect((await deliveriesOf(id)).at(-1)).toMatchObject({ state: 'landed' });
  expect([await statusOf(id), (await theirs(id)).status]).toEqual(['accepted', 'accepted']);
});

test('of a system that keeps no versions a step is taken once, by what stands there', async () => {
  there.mode = 'bare';
  const { id, task } = await standsThere();
  expect(await followed()).toBe(0);
  const accepted = there.write({ ...task, status: 'accepted' });
  expect([await followed(), await followed()]).toEqual([1, 0]);
  there.write({ ...accepted, output: [...(accepted.output ?? []), note('contact', 'contact')] });
  expect(await followed()).toBe(1);
  await fed();
  expect([await statusOf(id), (await theirs(id)).status, await followed()]).toEqual(['in-progress', 'in-progress', 0]);
});

test('H3 a Task there that is about someone else by now moves nothing, and ours stands there again', async () => {
  const { id, task } = await standsThere();
  there.write({ ...task, status: 'accepted', for: { reference: 'Patient/someone-else' } });
  expect(await followed()).toBe(0);
  await line.drain();
  expect(await statusOf(id)).toBe('requested');
  expect(await linesOf(id, 'move-refused')).toMatchObject([{ code: 'other-person' }]);
  expect((await theirs(id)).for).toEqual(task.for);
});

test('a person who is named must be of that organisation', async () => {
  const { id, task } = await standsThere();
  const said = messageThere(task, 'question', 'Welke dag?');
  there.write({ ...said, sender: { reference: `${line.url}/fhir/R4/PractitionerRole/gp-van-leeuwen` } });
  expect(await followed()).toBe(0);
  expect(await linesOf(id, 'move-refused')).toMatchObject([{ code: 'not-of-this-organisation' }]);
  // Known by its version: it is not tried again.
  await followed();
  expect(await linesOf(id, 'move-refused')).toHaveLength(1);
});

test('it is asked for its own ids and nothing else; a next page elsewhere is not fetched, and the rest comes later', async () => {
  const { id, task } = await standsThere();
  there.write({ ...task, status: 'accepted' });
  await followed();
  for (const nth of [1, 2, 3]) {
    const said = messageThere(task, 'feedback-interim', `Bericht ${nth}`);
    there.write({ ...said, extension: [...(said.extension ?? []), { url: extensions.gpMustAct, valueBoolean: true }] });
  }
  there.requests.length = 0;
  there.pageMax = 2;
  there.nextAt = 'http://169.254.169.254';
  expect(await followed()).toBe(2);
  there.nextAt = undefined;
  expect(await followed()).toBe(1);
  there.pageMax = 50;
  const { communications } = await journeyOf(line.at.store, id);
  expect(communications).toHaveLength(3);
  const asked = there.requests.map(({ url }) => new URL(url, there.url));
  // Where it was is kept in the record: after a restart it goes on from there.
  expect(asked.filter(({ searchParams }) => !searchParams.get('_lastUpdated')?.startsWith('ge'))).toEqual([]);
  for (const { pathname, searchParams } of asked)
    expect([searchParams.has('_id'), searchParams.has('part-of'), searchParams.has('based-on')]).toContain(
      pathname.endsWith('Task') || pathname.endsWith('Communication'),
    );
});

test('one that is away is left to its breaker and asked again later; what was done there is found then', async () => {
  const { id, task } = await standsThere();
  there.write({ ...task, status: 'accepted' });
  there.mode = 'away';
  const asking = async () => {
    await line.at.owner.query('update destination set open_until = null where id = $1', [destination]);
    await followed();
  };
  for (const _ of [1, 2, 3, 4, 5]) await asking();
  const { rows } = await line.at.owner.query('select breaker from destination where id = $1', [destination]);
  expect(rows).toEqual([{ breaker: 'open' }]);
  const before = there.requests.length;
  await followed();
  expect(there.requests).toHaveLength(before);
  there.mode = 'well';
  await line.at.owner.query('update destination set open_until = now() where id = $1', [destination]);
  expect(await followed()).toBe(1);
  expect(await statusOf(id)).toBe('accepted');
});

test('one that lets nobody look is still written to; one where it was taken away gets it again', async () => {
  const { id, task } = await standsThere();
  there.mode = 'blind';
  await moved(id, accept);
  await fed();
  expect((await theirs(id)).status).toBe('accepted');
  there.mode = 'well';
  there.remove(task.id);
  await moved(id, (journey, acting) => end(journey, 'moved', acting));
  await fed();
  expect((await theirs(id)).status).toBe('cancelled');
});

// A Wally with a system of her own.

test('a Wally’s own system goes before her organisation’s: at its begin it gets her open referrals, and hers end there', async () => {
  const [open, over] = [await referred('zuidrand'), await referred('zuidrand')];
  await moved(over, (journey, acting) => end(journey, 'moved', acting));
  await fed();
  const hers = await startCaseServer();
  line.outbound.add(hers.host);
  try {
    await ownSystem('wally-joost', hers.url);
    const inHers = async (journey: string) => {
      const { task } = await journeyOf(line.at.store, journey);
      return hers.all().find(({ resource }) => JSON.stringify(resource).includes(`urn:uuid:${task.resource.id}`))
        ?.resource;
    };
    await fed();
    expect([(await inHers(open)) !== undefined, await inHers(over)]).toEqual([true, undefined]);
    expect([(await theirs(open)).status, (await theirs(open)).for]).toEqual(['cancelled', undefined]);
    expect([await fed(), await followed()]).toEqual([0, 0]);

    // Of her own system she is the one who acts; new work goes there alone.
    const fresh = await referred('zuidrand');
    await fed();
    expect(standing((await journeyOf(line.at.store, fresh)).task.resource.id)).toBeUndefined();
    hers.write({ ...((await inHers(fresh)) as Task), status: 'accepted' });
    expect(await followed()).toBe(1);
    expect(await linesOf(fresh, 'task-accepted')).toMatchObject([
      { actor: { id: 'wally-joost', via: 'case:role/wally-joost' } },
    ]);

    // H11: who stands too close gets no more of it, neither here nor in a system of her own.
    const close = await referred('zuidrand');
    await moved(close, tooClose);
    await fed();
    expect(await inHers(close)).toBeUndefined();
    const later = await referred('zuidrand');
    await fed();
    hers.requests.length = 0;
    hers.write({ ...((await inHers(later)) as Task), status: 'accepted' });
    await moved(later, tooClose);
    await fed();
    await fed();
    expect((await inHers(later)) as Task).toMatchObject({ status: 'cancelled' });
    for (const { body } of hers.requests)
      for (const canary of Object.values(canaries)) expect(body).not.toContain(canary);
    hers.write({ ...((await inHers(later)) as Task), status: 'accepted' });
    expect(await followed()).toBe(0);
    expect((await journeyOf(line.at.store, later)).index).toMatchObject({
      taskStatus: 'requested',
      owner: 'wally-karim',
    });
    await line.drain();
    await fed();
    expect((await theirs(later)).owner?.reference).toContain('wally-karim');

    // Without a system of her own hers stand in that of the organisation again.
    await ownSystem('wally-joost', undefined);
    await fed();
    expect([(await theirs(open)).status, (await theirs(fresh)).status]).toEqual(['requested', 'accepted']);
  } finally {
    await hers.close();
  }
});
