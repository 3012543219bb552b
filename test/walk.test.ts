import type { Bundle, Communication } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caseNames, readFixture } from '../scripts/fixture-case.ts';
import type { Fixture } from '../scripts/fixture-story.ts';
import { mailsSince, practiceNumber, readRecord, registerInHis } from '../scripts/fixture-world.ts';
import { accept } from '../src/feedback/moves.ts';
import { assignTo } from '../src/feedback/reassign.ts';
import { report } from '../src/feedback/report.ts';
import type { Journey } from '../src/referral/journey.ts';
import { minimisePatient, minimiseRequest, wallySees } from '../src/referral/minimise.ts';
import { sealAudit, verifyAudit } from '../src/store/audit.ts';
import { listReferrals, openAlarms, readCarriages } from '../src/store/lists/lists.ts';
import { readJourney } from '../src/store/referrals.ts';
import { openTestLine, type TestLine } from './doubles/line.ts';
import { until } from './doubles/made.ts';
import {
  absent,
  act,
  comparable,
  journeyOf,
  journeysOf,
  practiceOf,
  readOver,
  send,
  stage,
} from './doubles/walking.ts';

const names = await caseNames();
const team = 'voorbeeldstreek';
let line: TestLine;
/** What the HIS took in, in the order in which it did. */
const effects: Communication[] = [];

beforeAll(async () => {
  line = await openTestLine();
  line.his.onEffect = (communication) => void effects.push(communication);
});
afterAll(() => line?.close());

const alarmsOf = async (id: string) =>
  (await openAlarms(line.at.store, team)).filter((one) => one.journey === id).map((one) => one.kind);

/** The stored resources as the practice reads them, in the form of stage 2. */
async function storedBundle(fixture: Fixture, journey: Journey): Promise<unknown> {
  const provenance = journey.task.resource.relevantHistory?.[0]?.reference?.split('/')[1];
  const wanted = [
    ['Patient', journey.patient.resource.id],
    ['Consent', journey.consent.resource.id],
    ['ServiceRequest', journey.serviceRequest.resource.id],
    ['Task', journey.task.resource.id],
    ['Provenance', provenance],
  ] as const;
  const entry = await Promise.all(
    wanted.map(async ([type, id]) => ({
      fullUrl: `urn:uuid:${id}`,
      resource: await readOver(line, fixture, type, id),
    })),
  );
  return { resourceType: 'Bundle', type: 'collection', entry };
}

async function seenByOwner(journey: Journey): Promise<object> {
  const { owner } = journey.index;
  const scope = owner ? ({ kind: 'owner', owner } as const) : ({ kind: 'team', team } as const);
  const seen = await readJourney(line.at.store, scope, journey.id);
  const codes = seen?.consent.resource.provision?.code?.flatMap((one) => one.coding ?? []).map((one) => one.code);
  const receiver = wallySees(codes?.includes('share-medical-codes') === true);
  if (!seen) return {};
  return {
    patient: minimisePatient(seen.patient.resource, receiver),
    serviceRequest: minimiseRequest(seen.serviceRequest.resource, receiver),
  };
}

/** On the worklist of its owner, or in the team queue while there is none, under the resident's name. */
async function onAWorklist(fixture: Fixture, journey: Journey): Promise<void> {
  const { owner, number, unsafeContact } = journey.index;
  expect(owner).toBe(fixture.expected.owner);
  expect(journey.index.route).toBe(fixture.expected.route);
  expect(unsafeContact).toBe(fixture.expected.unsafeContact);
  const scope = owner ? ({ kind: 'owner', owner } as const) : ({ kind: 'team', team } as const);
  const listed = await listReferrals(line.at.store, scope, owner ? 'new' : 'unassigned', 50);
  expect(listed.filter((one) => one.number === number)).toMatchObject([
    {
      patientName: journey.patient.resource.name?.[0]?.text,
      taskStatus: 'requested',
      practice: fixture.practice,
      unsafeContact,
    },
  ]);
}

const bare = ({ id: _id, meta: _meta, status: _status, received: _received, ...rest }: Communication) => rest;

async function workedAndLanded(fixture: Fixture, id: string): Promise<void> {
  const { answers, answeredAt } = fixture;
  for (const [n, answer] of answers.entries()) {
    const { owner } = (await journeyOf(line, id)).index;
    const at = answeredAt[n] ?? '';
    const who = { id: owner ?? '', journey: id, at };
    if (n === 0) await act(line, who, accept);
    await act(line, who, (journey, acting) => report(journey, answer, acting));
  }
  const number = practiceNumber(fixture.received).value;
  const arrived = effects.filter((one) => one.basedOn?.some(({ identifier }) => identifier?.value === number));
  const sent = [await stage(fixture, '5-communication.json')].flat() as Communication[];
  expect(comparable(line, arrived.map(bare))).toEqual(comparable(line, sent.map(bare)));
  const final = answers.at(-1)?.final === true;
  const journey = await journeyOf(line, id);
  expect(journey.task.resource.status).toBe(final ? 'completed' : 'in-progress');
  expect(journey.serviceRequest.resource.status).toBe(final ? 'completed' : 'active');
  for (const { resource } of journey.communications) {
    expect(resource).toMatchObject({ status: 'completed', received: expect.any(String) });
  }
  const carried = await readCarriages(line.at.store, id);
  const assigned = [
    { kind: 'worklist', state: 'landed', proof: 'record' },
    { kind: 'notify', state: 'landed', proof: 'transport' },
  ];
  const returned = answers.map(() => ({
    kind: 'feedback',
    destination: `practice:${fixture.practice}`,
    state: 'landed',
    proof: 'record',
  }));
  expect(carried).toMatchObject([...assigned, ...(fixture.handOver ? assigned : []), ...returned]);
  // Order of the outbox is the order of the reports, and the order in which the HIS took them in.
  const letters = carried.filter((one) => one.kind === 'feedback').map((one) => one.documentId);
  const outputs = journey.task.resource.output
    ?.map((one) => one.valueReference?.reference)
    .filter((one) => one?.startsWith('Communication/'));
  expect(letters.map((one) => `Communication/${one}`)).toEqual(outputs);
}

async function accepted(fixture: Fixture): Promise<void> {
  const { his, mail } = line;
  const mailsBefore = mail.mails().length;
  const patient = await registerInHis(his, fixture);
  const first = await send(line, fixture, fixture.received);
  expect(first).toMatchObject({ status: fixture.expected.status, duplicate: null });
  expect(comparable(line, first.body)).toEqual(comparable(line, await stage(fixture, '2-answer.json')));
  const role = (await line.directory()).roles.get(fixture.expected.owner ?? '');
  expect(JSON.stringify(first.body)).toContain(
    role ? role.name : 'De teamleider van Sociaal Werk Voorbeeldstreek wijst iemand aan',
  );
  const [id, ...others] = await journeysOf(line, fixture);
  if (!id || others.length > 0) throw new Error('acknowledged: exactly one must be there');
  const journey = await journeyOf(line, id);
  expect(comparable(line, await storedBundle(fixture, journey))).toEqual(
    comparable(line, await stage(fixture, '2-bundle.json')),
  );
  expect(await alarmsOf(id)).toEqual(fixture.expected.alarms);

  await line.drain();
  await onAWorklist(fixture, journey);
  const delivered = (await stage(fixture, '3-delivered.json')) as { mails: unknown[] };
  expect(comparable(line, { ...(await seenByOwner(journey)), mails: delivered.mails })).toEqual(
    comparable(line, delivered),
  );

  const { again } = fixture.expected;
  if (fixture.again && again) {
    const second = await send(line, fixture, fixture.again);
    expect(second).toMatchObject({ status: again.status, duplicate: again.outcome === 'same' ? 'true' : null });
    if (again.outcome === 'same') {
      expect(comparable(line, second.body)).toEqual(comparable(line, await stage(fixture, '2-answer-again.json')));
      const places = (bundle: Bundle) =>
        bundle.entry?.map((one) => one.response?.location).filter((one) => one !== undefined);
      expect(places(second.body as Bundle)).toEqual(places(first.body as Bundle));
    } else {
      expect({ status: second.status, outcome: second.body }).toEqual(await stage(fixture, '1-refused-again.json'));
    }
    expect(await journeysOf(line, fixture)).toEqual([id]);
    await line.drain();
    expect(await readCarriages(line.at.store, id)).toHaveLength(2);
  }

  const { handOver } = fixture;
  if (handOver) {
    const lead = { id: handOver.by, journey: id, at: handOver.at };
    await act(line, lead, (now, acting) => assignTo(now, handOver.to, acting));
    expect((await journeyOf(line, id)).index).toMatchObject({ owner: handOver.to, assignment: 2 });
    expect(await alarmsOf(id)).toEqual([]);
  }
  expect(comparable(line, mailsSince(mail, mailsBefore))).toEqual(comparable(line, delivered.mails));
  await workedAndLanded(fixture, id);
  expect(await alarmsOf(id)).toEqual([]);
  expect(comparable(line, await readRecord(his, await practiceOf(fixture), patient.id))).toEqual(
    comparable(line, await stage(fixture, '6-returned.json')),
  );
  expect(mail.mails()).toHaveLength(mailsBefore + delivered.mails.length);
}

async function refused(fixture: Fixture): Promise<void> {
  const counts = async () => {
    const { rows } = await line.at.owner.query<{ journeys: number; deliveries: number; refused: number }>(
      `select (select count(*) from journey)::int as journeys, (select count(*) from delivery)::int as deliveries,
              (select count(*) from refused)::int as refused`,
    );
    return rows[0];
  };
  const before = await counts();
  const answer = await send(line, fixture, fixture.received);
  expect({ status: answer.status, outcome: answer.body }).toEqual(await stage(fixture, '1-refused.json'));
  expect(answer.status).toBe(fixture.expected.status);
  await line.drain();
  expect(await counts()).toEqual({ ...before, refused: (before?.refused ?? 0) + 1 });
  expect(await journeysOf(line, fixture)).toEqual([]);
}

describe('every case, there and back over real sockets', () => {
  test.each(names)('%s', async (name) => {
    const fixture = await readFixture(name);
    line.at.now = new Date(fixture.now);
    const back = await absent(line, fixture);
    try {
      await (fixture.expected.outcome === 'accepted' ? accepted(fixture) : refused(fixture));
    } finally {
      await back();
    }
  });
});

describe('after all of them', () => {
  test('nothing waits, and the HIS did nothing twice', async () => {
    const { rows } = await line.at.owner.query("select count(*)::int as waiting from delivery where state <> 'landed'");
    expect(rows).toEqual([{ waiting: 0 }]);
    for (const count of Object.values(line.his.counts())) {
      expect(count).toMatchObject({ duplicateEffects: 0, inbox: 0 });
    }
    expect(effects.length).toBe(Object.values(line.his.counts()).reduce((sum, one) => sum + one.filed, 0));
  });

  test('the audit trail is one whole chain, and shows a changed line', async () => {
    const { store, owner } = line.at;
    // A transaction that is still open, also of another database here, holds the last lines back: they come later.
    await until('every line sealed', async () => {
      await sealAudit(store);
      return (await verifyAudit(store)).unsealed === 0;
    });
    const whole = await verifyAudit(store);
    expect(whole).toMatchObject({ unsealed: 0 });
    expect(whole.broken).toBeUndefined();
    expect(whole.lines).toBeGreaterThan(names.length * 5);
    const { rows } = await owner.query<{ id: string; line: string; seq: number }>(
      "select a.id, a.line, c.seq from audit a join audit_chain c on c.audit_id = a.id where a.line like '%referral-received%' order by c.seq limit 1",
    );
    const [first] = rows;
    await owner.query('update audit set line = $2 where id = $1', [
      first?.id,
      first?.line.replace('referral-received', 'referral-refused'),
    ]);
    expect((await verifyAudit(store)).broken).toEqual({ seq: first?.seq, why: 'altered' });
    await owner.query('update audit set line = $2 where id = $1', [first?.id, first?.line]);
    expect(await verifyAudit(store)).toEqual(whole);
  });
});
