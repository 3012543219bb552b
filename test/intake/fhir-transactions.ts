import type { Bundle, BundleEntry, OperationOutcome, Task } from '@medplum/fhirtypes';
import { expect, test } from 'vitest';
import { accept } from '../../src/feedback/moves.ts';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { writesMax } from '../../src/intake/fhir/together.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { type Answered, type OpenFhirDoor, practiceToken, reasonsIn } from '../doubles/fhir-door.ts';
import { committed, delivered, journeyOf, notRefused, takeIn } from '../doubles/made.ts';
import { teamToken } from '../doubles/wally-systems.ts';
import { appointmentOf, feedback, letter, sanne } from './fhir-moves-cases.ts';

/** What a transaction of several requests does (FHIR R4 http.html#transaction, #trules), at an open door. */
export function transactions(opened: () => OpenFhirDoor): void {
  let count = 0;
  /** A referral on the worklist of its Wally; taken on when it is to be worked on. */
  async function referral(isAccepted = false): Promise<Journey> {
    count += 1;
    const { store, now } = opened().at;
    const id = await takeIn(store, { number: `tr-${count}` });
    if (isAccepted) {
      const acting = { actor: sanne, now, newId: store.newId, directory: await directoryReader(store)() };
      await committed(store, notRefused(accept(await journeyOf(store, id), acting)));
    }
    await delivered(store, id);
    return journeyOf(store, id);
  }

  const post = (entry: readonly object[], token = teamToken, type = 'transaction') =>
    opened().ask('POST', '/', { resourceType: 'Bundle', type, entry }, { authorization: `Bearer ${token}` });
  const tag = (version: number) => `W/"${version}"`;
  const put = ({ task }: Journey, change: Partial<Task>, version = task.version) => ({
    resource: { ...task.resource, ...change },
    request: { method: 'PUT', url: `Task/${task.resource.id}`, ifMatch: tag(version) },
  });
  const create = (resource: { resourceType: string }, fullUrl?: string) => ({
    ...(fullUrl && { fullUrl }),
    resource,
    request: { method: 'POST', url: resource.resourceType },
  });
  const get = (url: string) => ({ request: { method: 'GET', url } });
  const taskOf = ({ task }: Journey) => `Task/${task.resource.id}`;
  const accepting = (journey: Journey, version?: number) => put(journey, { status: 'accepted' }, version);
  const urn = (nth: number) => `urn:uuid:6d3a1e0c-4f4e-4f5e-9b59-2f0c1f8a7b${10 + nth}`;
  /** A Task that ends, and the message that it names. */
  const ending = (journey: Journey, nth: number) => {
    const type = { coding: [{ system: codeSystems.taskOutput, code: 'feedback' }] };
    const output = [...(journey.task.resource.output ?? []), { type, valueReference: { reference: urn(nth) } }];
    return [put(journey, { status: 'completed', output }), create(feedback(journey, true), urn(nth))];
  };
  const resting = (journey: Journey) => {
    const { restriction } = journey.task.resource;
    return put(journey, {
      status: 'on-hold',
      statusReason: { coding: [{ system: codeSystems.statusReason, code: 'time' }] },
      restriction: { ...restriction, period: { ...restriction?.period, end: '2026-12-01' } },
    });
  };
  const statusesIn = ({ body }: Answered) => (body as Bundle).entry?.map(({ response }) => response?.status);
  const placesIn = ({ body }: Answered) => (body as OperationOutcome).issue?.flatMap((one) => one.expression ?? []);
  const versionsOf = (all: readonly Journey[]) =>
    Promise.all(all.map(async ({ id }) => (await journeyOf(opened().at.store, id)).task.version));
  const linesOf = async (event: string, { id }: Journey) =>
    (
      await opened().at.owner.query<{ xid: string; line: string }>(
        `select xid::text, line from audit where journey_id = $1 and line::jsonb->>'event' = $2`,
        [id, event],
      )
    ).rows;

  test('http.html#transaction of moves on several referrals is one transaction of the database, answered in the places of what was sent', async () => {
    const [one, two] = [await referral(), await referral()];
    const [asked, planned] = [await referral(true), await referral(true)];
    const [offered, told] = [await referral(true), await referral(true)];
    const offer = { url: extensions.proposedOwner, valueReference: { reference: 'PractitionerRole/wally-karim' } };
    const patch = [{ op: 'add', path: '/extension', value: [offer] }];
    const sent = await post([
      get(taskOf(one)),
      accepting(one),
      create(letter(asked, 'question')),
      accepting(two),
      create(appointmentOf(planned)),
      {
        resource: {
          resourceType: 'Binary',
          contentType: 'application/json-patch+json',
          data: Buffer.from(JSON.stringify(patch)).toString('base64'),
        },
        request: { method: 'PATCH', url: taskOf(offered), ifMatch: tag(offered.task.version) },
      },
      ...ending(told, 1),
      get('Task?status=accepted&_summary=count'),
    ]);
    expect(sent.status, sent.text).toBe(200);
    expect(statusesIn(sent)).toEqual([
      ...['200 OK', '200 OK', '201 Created', '200 OK', '201 Created', '200 OK', '200 OK', '201 Created', '200 OK'],
    ]);
    const { entry = [] } = sent.body as Bundle;
    // Looks come last, wherever they stand (http.html#trules).
    expect(entry[0]?.resource).toMatchObject({ resourceType: 'Task', status: 'accepted' });
    const all = [one, two, asked, planned, offered, told];
    expect(await versionsOf(all)).toEqual(all.map((journey) => journey.task.version + 1));
    const { communications } = await journeyOf(opened().at.store, told.id);
    expect(entry[7]?.response?.location).toContain(`/Communication/${communications[0]?.resource.id}/_history/1`);
    const lines = await Promise.all([
      ...[one, two].map((journey) => linesOf('task-accepted', journey)),
      linesOf('question-asked', asked),
      linesOf('appointment-booked', planned),
      linesOf('task-offered', offered),
      linesOf('feedback-final', told),
    ]);
    expect(lines.map((some) => some.length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(new Set(lines.flat().map((line) => line.xid)).size).toBe(1);
    expect(await linesOf('resource-read', one)).toHaveLength(1);
  });

  test('http.html#trules: one that is refused refuses all, and is named; nothing is stored but that it was refused', async () => {
    const all = [await referral(), await referral(), await referral()];
    const [one, two, three] = all as [Journey, Journey, Journey];
    const before = await versionsOf(all);
    const wrong = await post([accepting(one), accepting(two, 7), put(three, { status: 'completed' })]);
    expect([wrong.status, reasonsIn(wrong.body)]).toEqual([412, ['other-version', 'feedback-missing']]);
    expect(placesIn(wrong)).toEqual(['Bundle.entry[1]', 'Bundle.entry[2].resource.output']);
    const unread = await post([accepting(one), get('Task/1'), accepting(two)]);
    expect([unread.status, reasonsIn(unread.body), placesIn(unread)]).toEqual([
      404,
      ['no-such-resource'],
      ['Bundle.entry[1]'],
    ]);
    const message = await post([accepting(one), create(letter(two, 'onbekend'))]);
    expect(placesIn(message)).toEqual(['Bundle.entry[1].resource.category']);
    const stranger = await post([accepting(one), accepting(two)], practiceToken);
    expect(stranger.status).toBeGreaterThanOrEqual(400);
    expect(await versionsOf(all)).toEqual(before);
    expect(await linesOf('task-accepted', one)).toEqual([]);
    expect(await linesOf('move-refused', two)).not.toEqual([]);
    // A look that refused nothing was no look: the trail has none of it.
    const looked = await post([get(taskOf(one)), accepting(two, 7)]);
    expect(looked.status).toBe(412);
    expect(await linesOf('resource-read', one)).toEqual([]);
  });

  test('http.html#trules: one thing changed by two entries is refused, also where only one of them names it', async () => {
    const [one, two] = [await referral(true), await referral()];
    const before = await versionsOf([one, two]);
    const about = (reference: string) => ({ ...letter(one, 'question'), about: [{ reference }] });
    for (const [entries, place, reason] of [
      [[accepting(two), accepting(two)], 1, 'changed-twice'],
      [[accepting(two), create(appointmentOf(one)), create(letter(one, 'question'))], 2, 'changed-twice'],
      // What has an address may be named by its fullUrl; what is still to be made may not.
      [[{ fullUrl: urn(2), ...resting(one) }, create(about(urn(2)))], 1, 'changed-twice'],
      [[create(appointmentOf(one), urn(3)), create(about(urn(3)))], 1, 'reference-to-new'],
      [[accepting(two), create(about(urn(4)))], 1, 'reference-to-new'],
    ] as const) {
      const refused = await post(entries);
      expect([refused.status, new Set(reasonsIn(refused.body))]).toEqual([422, new Set([reason])]);
      expect(placesIn(refused)?.[0]).toContain(`Bundle.entry[${place}]`);
    }
    expect(await versionsOf([one, two])).toEqual(before);
  });

  test('the same transaction twice at one moment is done once: the later one is decided again, and is told what is so', async () => {
    const all = await Promise.all([1, 2, 3].map(() => referral()));
    const sent = await Promise.all([1, 2, 3].map(() => post(all.map((one) => accepting(one)))));
    expect(sent.map((one) => [one.status, statusesIn(one)])).toEqual(sent.map(() => [200, all.map(() => '200 OK')]));
    expect(await versionsOf(all)).toEqual(all.map((one) => one.task.version + 1));
    expect((await linesOf('task-accepted', all[0] as Journey)).length).toBe(1);
  });

  test('a practice takes several referrals back together, each answered with the version that it then has', async () => {
    const all = [await referral(), await referral()];
    const sent = await post(
      all.map((one) => put(one, { status: 'cancelled' })),
      practiceToken,
    );
    expect(sent.status, sent.text).toBe(200);
    const { entry = [] } = sent.body as Bundle;
    expect(entry.map(({ response }) => response?.location?.split('/R4/')[1])).toEqual(
      all.map((one) => `${taskOf(one)}/_history/${one.task.version + 1}`),
    );
    expect(entry.map(({ resource }) => (resource as Task).status)).toEqual(['cancelled', 'cancelled']);
  });

  test('many moves go together; more than the limit is refused before the first', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => referral()));
    const sent = await post(all.map((one) => accepting(one)));
    expect([sent.status, (sent.body as Bundle).entry?.length]).toEqual([200, all.length]);
    for (const entry of [null, {}, { request: { method: 1, url: 2 } }])
      expect((await post([accepting(all[0] as Journey), entry as object])).status).toBeLessThan(500);
    const deep = Array.from({ length: 20_000 }).reduce<string>((inner) => `[${inner}]`, '');
    const [first] = all as [Journey];
    for (const type of ['transaction', 'batch']) {
      const entry = [create(letter(first, 'question')), accepting(first)];
      const body = JSON.stringify({ resourceType: 'Bundle', type, entry }).replace(
        '"Communication"',
        `"Communication","x":${deep}`,
      );
      const sent = await opened().ask('POST', '/', body, { authorization: `Bearer ${teamToken}` });
      expect([sent.status, reasonsIn(sent.body)]).toEqual([400, ['too-deep']]);
    }
    const many: BundleEntry[] = Array.from(
      { length: writesMax + 1 },
      () => create(letter(first, 'question')) as BundleEntry,
    );
    const refused = await post(many);
    expect([refused.status, reasonsIn(refused.body)]).toEqual([413, ['too-many-writes']]);
  });

  test('http.html#batch: a JSON Patch travels as a Binary', async () => {
    const one = await referral();
    const patch = Buffer.from('[{"op":"replace","path":"/status","value":"accepted"}]').toString('base64');
    const entry = {
      resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data: patch },
      request: { method: 'PATCH', url: taskOf(one), ifMatch: tag(one.task.version) },
    };
    const sent = await post([entry], teamToken, 'batch');
    expect(statusesIn(sent)).toEqual(['200 OK']);
    expect((sent.body as Bundle).entry?.[0]?.resource).toMatchObject({ status: 'accepted' });
  });
}
