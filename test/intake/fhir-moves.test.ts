import type { Bundle, Task } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { journeyAfter } from '../../scripts/fixture-work.ts';
import { attempt } from '../../src/feedback/contact.ts';
import { end, recall } from '../../src/feedback/ending.ts';
import { type Acting, accept } from '../../src/feedback/moves.ts';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isOpen, TRANSITIONS } from '../../src/referral/lifecycle/lifecycle.ts';
import type { Referral } from '../../src/referral/referral.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { readKeeping } from '../../src/store/keeping.ts';
import { type OpenFhirDoor, openFhirDoor, otherToken, practiceToken, reasonsIn } from '../doubles/fhir-door.ts';
import { committed, delivered, journeyOf, notRefused, takeIn, young } from '../doubles/made.ts';
import { elsewhereToken, teamToken } from '../doubles/wally-systems.ts';
import { elsewhere } from '../feedback/onward-region.ts';
import {
  agreed,
  type Before,
  feedback,
  his,
  lead,
  letter,
  type Request,
  type Row,
  rows,
  sanne,
} from './fhir-moves-cases.ts';
import { transactions } from './fhir-transactions.ts';

let door: OpenFhirDoor;
let directory: ReturnType<typeof directoryReader>;
const monday = Date.parse('2026-11-23T09:00:00Z');
const hour = 3_600_000;

beforeAll(async () => {
  door = await openFhirDoor();
  directory = directoryReader(door.at.store);
});
afterAll(() => door.close());

async function acting(actor: Actor): Promise<Acting> {
  const { store } = door.at;
  return { actor, now: door.at.now, newId: store.newId, directory: await directory() };
}

/** A journey on which these steps were taken. */
async function journeyWith(
  number: string,
  before: readonly Before[] = [],
  isUnconfirmed = false,
  referral: Partial<Referral> = {},
): Promise<Journey> {
  const { at } = door;
  at.now = new Date(monday);
  const id = await takeIn(at.store, { number, referral });
  if (isUnconfirmed) {
    const { serviceRequest } = await journeyOf(at.store, id);
    const mark = { url: extensions.unconfirmed, valueBoolean: true };
    const resource = { ...serviceRequest.resource, extension: [...(serviceRequest.resource.extension ?? []), mark] };
    await committed(at.store, {
      scope: { practice: 'de-brink' },
      journey: id,
      resources: [{ resource, version: serviceRequest.version + 1 }],
      audit: [],
    });
  }
  for (const [who, decide, hours = 0] of before) {
    at.now = new Date(monday + hours * hour);
    const change = decide(await journeyOf(at.store, id), await acting(who));
    if (!change) throw new Error('a step that was nothing');
    await committed(at.store, notRefused(change));
  }
  await delivered(at.store, id);
  return journeyOf(at.store, id);
}

const send = ({ method, path, body, of }: Request, token: string) =>
  door.ask(method, path, body, {
    authorization: `Bearer ${token}`,
    ...(of && { 'if-match': `W/"${of.version}"` }),
    ...(method === 'PATCH' && { 'content-type': 'application/json-patch+json' }),
  });

/** What a journey says, with every id by the order in which it comes, and without who typed it. */
function shape(journey: Journey): unknown {
  const known = new Map<string, string>();
  const { index, ...rest } = journey;
  const { referralHash: _hash, ...plain } = index;
  const text = JSON.stringify({ plain, ...rest }).replaceAll(
    /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g,
    (id) => {
      known.set(id, known.get(id) ?? `id-${known.size}`);
      return known.get(id) ?? '';
    },
  );
  return JSON.parse(text);
}

const nameOf = (row: Row) => `${row.move}: ${row.how}`;
let count = 0;
const prepare = (row: Row) => {
  count += 1;
  return journeyWith(`m-${count}`, row.before, row.move === 'confirm');
};

const accepted = (number: string) => journeyWith(number, [[sanne, accept]]);

describe('every row of the life of a Task that a system may make', () => {
  test.each(rows.map((row) => [nameOf(row), row] as const))(
    '%s: gives what the page gives; is refused to strangers and when it is over',
    async (_, row) => {
      const { store } = door.at;
      const journey = await prepare(row);
      door.at.now = new Date(monday + (row.at ?? 0) * hour);
      const page = row.page(journey, await acting(row.who));
      if (!page || isRefusal(page)) throw new Error(`the page refused: ${JSON.stringify(page)}`);
      const request = row.send(journey);
      const stranger = await send(request, row.who === his ? otherToken : elsewhereToken);
      expect([stranger.status, reasonsIn(stranger.body)]).toEqual([404, ['no-such-resource']]);
      const answered = await send(request, row.token);
      const isCreate = !request.path.includes('/', 1);
      expect([answered.status, answered.status < 300 ? '' : answered.text]).toEqual([isCreate ? 201 : 200, '']);
      expect(answered.headers.get('etag')).toMatch(/^W\/"\d+"$/);
      const after = await journeyOf(store, journey.id);
      expect(shape(after)).toEqual(shape(journeyAfter(journey, page)));
      if (isOpen(after.index.taskStatus)) await committed(store, notRefused(recall(after, 'Weg', await acting(lead))));
      const over = await journeyOf(store, journey.id);
      const all = [over.task, ...over.requests, ...over.children, ...over.appointments];
      const of = request.of && all.find((one) => request.path.includes(one.resource.id));
      const late = await send({ ...row.send(journey), ...(of && { of }) }, row.token);
      // What is so already is no refusal; nothing is done twice either way.
      expect(late.status >= 400 ? late.status < 500 : late.headers.get('x-duplicate') === 'true', late.text).toBe(true);
      expect((await journeyOf(store, journey.id)).task.version).toBe(over.task.version);
    },
  );

  test('no row is left out but those of a person’s page and of the line', () => {
    const made = new Set<string>(rows.map((row) => row.move));
    const left = TRANSITIONS.map((row) => row.move).filter((one) => !made.has(one));
    expect([...new Set(left)].toSorted()).toEqual(['act', 'undo']);
  });
});

describe('who does it', () => {
  test('stands in the Provenance and the trail, with the system it came by', async () => {
    const journey = await journeyWith('who-1');
    await send(
      {
        method: 'PUT',
        path: `/Task/${journey.task.resource.id}`,
        body: { ...journey.task.resource, status: 'accepted' },
        of: journey.task,
      },
      teamToken,
    );
    const { rows: lines } = await door.at.owner.query<{ line: string }>(
      'select line from audit where journey_id = $1',
      [journey.id],
    );
    const actors = lines.map(({ line }) => JSON.parse(line) as { event: string; actor: object });
    expect(actors.find((one) => one.event === 'task-accepted')?.actor).toEqual({
      id: sanne.id,
      role: 'wally',
      organization: 'voorbeeldstreek',
      via: teamToken,
    });
  });

  test('H11: whoever stepped back from it has nothing to do with it any more, by a system neither', async () => {
    const journey = await journeyWith('who-2');
    const path = `/Task/${journey.task.resource.id}/$move`;
    const body = (name: string) => ({
      resourceType: 'Parameters',
      parameter: [
        { name: 'move', valueCode: name },
        { name: 'by', valueReference: { reference: 'PractitionerRole/wally-sanne' } },
      ],
    });
    expect((await send({ method: 'POST', path, body: body('too-close'), of: journey.task }, teamToken)).status).toBe(
      200,
    );
    const now = await journeyOf(door.at.store, journey.id);
    const back = await send({ method: 'POST', path, body: body('accept'), of: now.task }, teamToken);
    expect([back.status, reasonsIn(back.body)]).toEqual([404, ['no-such-resource']]);
  });

  test('is nobody of another organisation, nor a Wally for the team lead, nor nobody at all', async () => {
    const journey = await journeyWith('who-3');
    const path = `/Task/${journey.task.resource.id}/$move`;
    const ask = (parameter: object[], token = teamToken) =>
      send({ method: 'POST', path, body: { resourceType: 'Parameters', parameter }, of: journey.task }, token);
    const name = { name: 'move', valueCode: 'accept' };
    const nobody = await ask([name]);
    expect([nobody.status, reasonsIn(nobody.body)]).toEqual([422, ['person-missing']]);
    const stranger = await ask([name, { name: 'by', valueReference: { reference: 'PractitionerRole/gp-vanleeuwen' } }]);
    expect([stranger.status, reasonsIn(stranger.body)]).toEqual([403, ['not-of-this-organisation']]);
    const wally = await ask([
      { name: 'move', valueCode: 'reassign' },
      { name: 'to', valueString: 'wally-karim' },
      { name: 'by', valueString: 'wally-sanne' },
    ]);
    expect([wally.status, reasonsIn(wally.body)]).toEqual([403, ['not-yours']]);
  });
});

describe('If-Match', () => {
  const accepting = (journey: Journey): Task => ({ ...journey.task.resource, status: 'accepted' });

  test('of none and of an older version is 412; the same again is the first answer', async () => {
    const journey = await journeyWith('v-1');
    const path = `/Task/${journey.task.resource.id}`;
    const none = await send({ method: 'PUT', path, body: accepting(journey) }, teamToken);
    expect([none.status, reasonsIn(none.body)]).toEqual([412, ['version-required']]);
    const first = await send({ method: 'PUT', path, body: accepting(journey), of: journey.task }, teamToken);
    const again = await send({ method: 'PUT', path, body: accepting(journey), of: journey.task }, teamToken);
    expect([first.status, again.status, again.headers.get('x-duplicate')]).toEqual([200, 200, 'true']);
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
    const other = await send(
      {
        method: 'PUT',
        path,
        body: { ...journey.task.resource, status: 'rejected', statusReason: { text: 'duplicate' } },
        of: journey.task,
      },
      teamToken,
    );
    expect([other.status, reasonsIn(other.body)]).toEqual([412, ['other-version']]);
    expect((await journeyOf(door.at.store, journey.id)).task.version).toBe(2);
  });

  test('what changes nothing makes no new version', async () => {
    const journey = await journeyWith('v-2');
    const same = await send(
      {
        method: 'PUT',
        path: `/Task/${journey.task.resource.id}`,
        body: { ...journey.task.resource, owner: { reference: `${door.url}/fhir/R4/PractitionerRole/${sanne.id}` } },
        of: journey.task,
      },
      teamToken,
    );
    expect([same.status, same.headers.get('etag')]).toEqual([200, 'W/"1"']);
  });

  test('of many at one moment one wins', async () => {
    const journey = await journeyWith('v-3', [[sanne, accept]]);
    const sent = await Promise.all(
      ['08:10', '08:20', '08:30', '08:40'].map((time) =>
        send(
          {
            method: 'PATCH',
            path: `/Task/${journey.task.resource.id}`,
            of: journey.task,
            body: [
              {
                op: 'add',
                path: '/output',
                value: [
                  {
                    type: {
                      coding: [{ system: 'https://kortelijn.example/fhir/CodeSystem/task-output', code: 'contact' }],
                    },
                    valueAnnotation: { time: `2026-11-23T${time}:00Z`, text: 'contact' },
                  },
                ],
              },
            ],
          },
          teamToken,
        ),
      ),
    );
    expect(sent.map((one) => one.status).toSorted()).toEqual([200, 412, 412, 412]);
  });
});

describe('a difference that is no one move', () => {
  const change = async (number: string, more: (task: Task) => object) => {
    const journey = await journeyWith(number);
    const body = { ...journey.task.resource, ...more(journey.task.resource) };
    const sent = await send(
      { method: 'PUT', path: `/Task/${journey.task.resource.id}`, body, of: journey.task },
      teamToken,
    );
    const where =
      sent.body?.resourceType === 'OperationOutcome' ? sent.body.issue.flatMap((one) => one.expression ?? []) : [];
    expect((await journeyOf(door.at.store, journey.id)).task.version).toBe(1);
    return [sent.status, reasonsIn(sent.body), where];
  };

  test.each([
    ['another priority', { priority: 'stat' }, ['may-not-change'], ['Task.priority']],
    ['a step and something else', { status: 'accepted', priority: 'stat' }, ['may-not-change'], ['Task.priority']],
    ['a status without what was done', { status: 'in-progress' }, ['say-what-was-done'], ['Task.status']],
    ['an end without feedback', { status: 'completed' }, ['feedback-missing'], ['Task.output']],
    ['a status of none of our rows', { status: 'draft' }, ['no-such-move'], ['Task.status']],
    [
      'an owner to whom it was not offered',
      { owner: { reference: 'PractitionerRole/wally-karim' } },
      ['not-offered'],
      ['Task.owner'],
    ],
    ['no reason', { status: 'rejected' }, ['missing-field'], ['Task.statusReason']],
    [
      'a reason of none of the four',
      { status: 'rejected', statusReason: { text: 'te druk' } },
      ['does-not-fit'],
      ['Task.statusReason'],
    ],
  ])('%s is 422 and named', async (name, more, reasons, where) => {
    expect(await change(`d ${name}`, () => more)).toEqual([422, reasons, where]);
  });

  test('what R4 does not allow is told at once, all of it', async () => {
    const [status, reasons] = await change('d r4', () => ({ status: 'klaar', priority: 7, onbekend: true }));
    expect(status).toBe(422);
    expect((reasons as string[]).length).toBeGreaterThanOrEqual(3);
  });
});

test('H6, H9: parents alone do not lead a young person on to another organisation, and the place is named', async () => {
  const journey = await journeyWith('h6-onward', [[sanne, accept]], false, young('2012-05-01'));
  const asked = (by: string) =>
    send(
      {
        method: 'POST',
        path: `/Task/${journey.task.resource.id}/$move`,
        of: journey.task,
        body: {
          resourceType: 'Parameters',
          parameter: [
            { name: 'move', valueCode: 'refer-on' },
            { name: 'by', valueReference: { reference: `PractitionerRole/${sanne.id}` } },
            { name: 'organization', valueReference: { reference: `Organization/${elsewhere}` } },
            { name: 'question', valueString: 'Wilt u samen de post ordenen?' },
            { name: 'lifeAreas', valueCode: 'debts' },
            {
              name: 'consent',
              part: [
                { name: 'by', valueCode: by },
                { name: 'how', valueCode: 'spoken' },
                { name: 'on', valueDate: '2026-11-23' },
              ],
            },
          ],
        },
      },
      teamToken,
    );
  const { status, body } = await asked('parents');
  const places = body?.resourceType === 'OperationOutcome' ? body.issue.flatMap((one) => one.expression ?? []) : [];
  expect([status, reasonsIn(body), places]).toEqual([
    422,
    ['consent-by-wrong-person'],
    ["Parameters.parameter.where(name='consent').by"],
  ]);
  expect((await asked('resident-and-parents')).status).toBe(200);
});

describe('a patch', () => {
  const patch = async (number: string, body: unknown) => {
    const journey = await journeyWith(number);
    const sent = await send(
      { method: 'PATCH', path: `/Task/${journey.task.resource.id}`, body, of: journey.task },
      teamToken,
    );
    expect((await journeyOf(door.at.store, journey.id)).task.version).toBe(1);
    return [sent.status, reasonsIn(sent.body)];
  };

  test.each([
    ['whose test fails', [{ op: 'test', path: '/status', value: 'accepted' }], 409, 'patch-test-failed'],
    ['of a place that is not there', [{ op: 'replace', path: '/nergens/0', value: 1 }], 422, 'patch-does-not-fit'],
    ['of the making of objects', [{ op: 'add', path: '/__proto__/polluted', value: true }], 422, 'not-a-patch'],
    ['of a constructor', [{ op: 'add', path: '/owner/constructor', value: {} }], 422, 'not-a-patch'],
    [
      'that is too long',
      Array.from({ length: 51 }, () => ({ op: 'test', path: '/status', value: 'requested' })),
      422,
      'not-a-patch',
    ],
    ['that is none', { op: 'add' }, 422, 'not-a-patch'],
    ['of what we keep ourselves', [{ op: 'remove', path: '/relevantHistory' }], 422, 'may-not-change'],
    ['of another id', [{ op: 'replace', path: '/id', value: 'anders' }], 422, 'may-not-change'],
  ])('%s is refused', async (name, body, status, reason) => {
    expect(await patch(`p ${name}`, body)).toEqual([status, [reason]]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('that doubles a resource again and again is stopped', async () => {
    const copies = Array.from({ length: 49 }, (_, nth) => ({
      op: 'copy',
      from: '/contained',
      path: `/contained/${nth}`,
    }));
    expect(await patch('p copies', [{ op: 'add', path: '/contained', value: ['x'.repeat(1_000)] }, ...copies])).toEqual(
      [413, ['too-large']],
    );
  });
});

describe('a Communication', () => {
  const post = (body: object, headers: Record<string, string> = {}, token = teamToken) =>
    door.ask('POST', '/Communication', body, { authorization: `Bearer ${token}`, ...headers });

  test('H3: about another person, or about nobody, is refused', async () => {
    const journey = await accepted('c-1');
    const stranger = await accepted('c-2');
    const wrong = await post(
      feedback(journey, false, { subject: { reference: `Patient/${stranger.patient.resource.id}` } }),
    );
    expect([wrong.status, reasonsIn(wrong.body)]).toEqual([409, ['other-person']]);
    const { subject: _subject, ...plain } = feedback(journey, false);
    expect(reasonsIn((await post(plain)).body)).toEqual(['subject-missing']);
    const named = {
      ...plain,
      subject: { reference: '#p' },
      contained: [
        { resourceType: 'Patient', id: 'p', name: [{ family: 'Kanariegeel-Zoekmij' }], birthDate: '1951-04-13' },
      ],
    };
    expect(reasonsIn((await post(named)).body)).toEqual(['other-person']);
  });

  test('H8, H9, H17: not agreed goes without content and says so; a BSN never goes; what looks medical is pointed out', async () => {
    const journey = await accepted('c-3');
    const unsaid = await post({ ...feedback(journey, false), extension: undefined });
    expect([unsaid.status, reasonsIn(unsaid.body)]).toEqual([422, ['missing-field']]);
    const bsn = await post(feedback(journey, false, { payload: [{ contentString: 'Zie 999990019.' }] }));
    expect([bsn.status, reasonsIn(bsn.body)]).toEqual([422, ['bsn-in-text']]);
    const medical = await post(
      feedback(journey, false, { payload: [{ contentString: 'Slikt oxazepam van mevrouw Jansen.' }] }),
    );
    expect([medical.status, reasonsIn(medical.body)]).toEqual([201, ['looks-medical', 'looks-personal']]);
    const no = { url: extensions.residentAgreed, valueBoolean: false };
    const other = await accepted('c-3-no');
    const closed = await post(
      feedback(other, false, { extension: [no], payload: [{ contentString: 'Geheim woord.' }] }),
    );
    expect([closed.status, reasonsIn(closed.body)]).toEqual([201, ['loss-not-shared']]);
    expect(JSON.stringify((await journeyOf(door.at.store, other.id)).communications)).not.toContain('Geheim woord');
  });

  test('a letter more than a practice asks for goes only when the GP must act', async () => {
    const journey = await accepted('c-interim');
    expect((await post(feedback(journey, false))).status).toBe(201);
    const more = await post(feedback(journey, false));
    expect([more.status, reasonsIn(more.body)]).toEqual([422, ['interim-not-wanted']]);
    expect(JSON.stringify(more.body)).toContain(`Communication.extension.where(url='${extensions.gpMustAct}')`);
    const act = { url: extensions.gpMustAct, valueBoolean: true };
    expect((await post(feedback(journey, false, { extension: [agreed, act] }))).status).toBe(201);
    const [, last] = (await journeyOf(door.at.store, journey.id)).communications;
    expect(last?.resource.payload?.[1]?.contentString).toContain('Wat u hoeft te doen: zie de eerste regel.');
  });

  test('H6: after a birthday underway goes without content, and says who must be asked first', async () => {
    const journey = await journeyWith('c-h6', [[sanne, accept, 24]], false, young('2014-11-24', 'parents'));
    const late = await post(feedback(journey, false, { payload: [{ contentString: 'Geheim woord.' }] }));
    expect([late.status, reasonsIn(late.body)]).toEqual([201, ['loss-not-shared']]);
    expect(JSON.stringify(late.body)).toContain('Intussen 12 jaar');
    expect(JSON.stringify((await journeyOf(door.at.store, journey.id)).communications)).not.toContain('Geheim woord');
  });

  test('that closes without an outcome for each life area that was asked is refused, each named', async () => {
    const journey = await accepted('c-4');
    const sent = await post(
      feedback(journey, true, { extension: [{ url: extensions.residentAgreed, valueBoolean: true }] }),
    );
    expect([sent.status, reasonsIn(sent.body)]).toEqual([422, ['outcome-missing', 'outcome-missing']]);
    expect((await journeyOf(door.at.store, journey.id)).task.resource.status).toBe('accepted');
  });

  test('of more than 140 characters in its first line, urgent, or with an attachment is refused', async () => {
    const journey = await accepted('c-5');
    const long = await post(feedback(journey, false, { payload: [{ contentString: 'x'.repeat(141) }] }));
    expect(reasonsIn(long.body)).toEqual(['does-not-fit']);
    const both = await post(
      feedback(journey, false, { priority: 'stat', payload: [{ contentAttachment: { title: 'brief' } }] }),
    );
    expect(reasonsIn(both.body)).toEqual(['urgent-by-phone', 'payload-type']);
  });

  test('under the sender’s own identifier is made once; with other words that is a conflict', async () => {
    const journey = await accepted('c-6');
    const identifier = [{ system: 'http://cases.example/message', value: 'b-6' }];
    const headers = { 'if-none-exist': 'identifier=http://cases.example/message|b-6' };
    const sent = await Promise.all([1, 2, 3].map(() => post(feedback(journey, false, { identifier }), headers)));
    expect(sent.map((one) => one.status).toSorted()).toEqual([200, 200, 201]);
    expect(new Set(sent.map((one) => one.headers.get('location'))).size).toBe(1);
    const other = await post(feedback(journey, false, { identifier, payload: [{ contentString: 'Anders.' }] }));
    expect([other.status, reasonsIn(other.body)]).toEqual([409, ['same-number-other-content']]);
    const condition = await post(feedback(journey, false, { identifier }), { 'if-none-exist': 'status=completed' });
    expect([condition.status, reasonsIn(condition.body)]).toEqual([422, ['condition']]);
  });

  test('that was sent changes no more', async () => {
    const journey = await accepted('c-7');
    const made = await post(feedback(journey, false));
    const path = `/Communication/${made.body.id}`;
    const own = await door.ask('GET', path, undefined, { authorization: `Bearer ${teamToken}` });
    const put = (body: object) =>
      door.ask('PUT', path, body, { authorization: `Bearer ${teamToken}`, 'if-match': 'W/"1"' });
    expect((await put(own.body)).status).toBe(200);
    const changed = await put({ ...own.body, payload: [{ contentString: 'Toch niet.' }] });
    expect([changed.status, reasonsIn(changed.body)]).toEqual([409, ['sent-already']]);
  });

  test('of a practice may not be feedback, nor a Wally’s a message of the practice', async () => {
    const journey = await accepted('c-8');
    const path = `/Task/${journey.task.resource.id}/$move`;
    const parameter = [
      { name: 'move', valueCode: 'message' },
      { name: 'text', valueString: 'Hoi' },
      { name: 'by', valueString: sanne.id },
    ];
    const wrong = await send(
      { method: 'POST', path, body: { resourceType: 'Parameters', parameter }, of: journey.task },
      teamToken,
    );
    expect([wrong.status, reasonsIn(wrong.body)]).toEqual([403, ['not-yours']]);
    const open = await post(letter(journey, 'onbekend'));
    expect([open.status, reasonsIn(open.body)]).toEqual([422, ['no-such-move']]);
  });
});

describe('H16: that it stands in the own record', () => {
  test('is said by $move of who had it, once it is over, and can be taken back; nothing about the work changes', async () => {
    const open = await accepted('own-1');
    const say = (journey: Journey, name: string, by: string, token = teamToken) =>
      send(
        {
          method: 'POST',
          path: `/Task/${journey.task.resource.id}/$move`,
          body: {
            resourceType: 'Parameters',
            parameter: [
              { name: 'move', valueCode: name },
              { name: 'by', valueReference: { reference: `PractitionerRole/${by}` } },
            ],
          },
          of: journey.task,
        },
        token,
      );
    const early = await say(open, 'confirm-transfer', sanne.id);
    expect([early.status, reasonsIn(early.body)]).toEqual([422, ['still-open']]);
    await committed(door.at.store, notRefused(end(open, 'moved', await acting(sanne))));
    const over = await journeyOf(door.at.store, open.id);
    const said = async () => (await readKeeping(door.at.store, [open.id]))[0]?.transferredBy ?? undefined;
    for (const [by, token] of [
      [his.id, practiceToken],
      ['wally-joost', teamToken],
    ] as const)
      expect((await say(over, 'confirm-transfer', by, token)).status).toBeGreaterThanOrEqual(403);
    expect(await said()).toBeUndefined();
    const done = await say(over, 'confirm-transfer', sanne.id);
    expect([done.status, done.headers.get('etag'), await said()]).toEqual([200, `W/"${over.task.version}"`, sanne.id]);
    expect((await say(over, 'confirm-transfer', lead.id)).status).toBe(200);
    expect(await said()).toBe(lead.id);
    expect((await say(over, 'undo-transfer', sanne.id)).status).toBe(200);
    expect(await said()).toBeUndefined();
    expect((await journeyOf(door.at.store, open.id)).task.version).toBe(over.task.version);
  });
});

describe('a transaction', () => {
  const post = (entry: object[], token = teamToken) =>
    send({ method: 'POST', path: '/', body: { resourceType: 'Bundle', type: 'transaction', entry } }, token);
  const fullUrl = 'urn:uuid:6d3a1e0c-4f4e-4f5e-9b59-2f0c1f8a7b11';
  const told = (journey: Journey, version = journey.task.version) => {
    const { id, output = [] } = journey.task.resource;
    const type = { coding: [{ system: codeSystems.taskOutput, code: 'feedback' }] };
    const resource = { ...journey.task.resource, status: 'completed' };
    return [
      { fullUrl, resource: feedback(journey, true), request: { method: 'POST', url: 'Communication' } },
      {
        resource: { ...resource, output: [...output, { type, valueReference: { reference: fullUrl } }] },
        request: { method: 'PUT', url: `Task/${id}`, ifMatch: `W/"${version}"` },
      },
      { request: { method: 'GET', url: `Task/${id}` } },
    ];
  };

  test('http.html#transaction of the final feedback and its Task is one move: both are there, or neither', async () => {
    const journey = await accepted('t-1');
    const stale = await post(told(journey, journey.task.version - 1));
    expect([stale.status, reasonsIn(stale.body)]).toEqual([412, ['other-version']]);
    expect((await journeyOf(door.at.store, journey.id)).communications).toEqual([]);
    const sent = await post(told(journey));
    expect(sent.status, sent.text).toBe(200);
    const { entry = [] } = sent.body as Bundle;
    const now = await journeyOf(door.at.store, journey.id);
    const [letter] = now.communications;
    expect(entry.map(({ response }) => response?.status)).toEqual(['201 Created', '200 OK', '200 OK']);
    expect(entry[0]?.response?.location).toBe(
      `${door.url}/fhir/R4/Communication/${letter?.resource.id}/_history/${letter?.version}`,
    );
    expect(entry[2]?.resource).toMatchObject({ resourceType: 'Task', status: 'completed' });
    expect([now.task.version, now.communications.length]).toEqual([journey.task.version + 1, 1]);
  });

  transactions(() => door);
});

test('H10: withdrawn consent shuts the content at once, to read, to search and to count; that it ended stays', async () => {
  const tried: Before = [sanne, (journey, now) => attempt(journey, { way: 'text-message' }, now)];
  const journey = await journeyWith('h-10', [[sanne, accept], tried]);
  const { task, patient, serviceRequest } = journey;
  const { id } = task.resource;
  const ask = (path: string) => door.ask('GET', path, undefined, { authorization: `Bearer ${teamToken}` });
  const looks = [
    `/Patient/${patient.resource.id}`,
    `/ServiceRequest/${serviceRequest.resource.id}`,
    `/ServiceRequest/${serviceRequest.resource.id}/_history/1`,
    `/ServiceRequest/${serviceRequest.resource.id}/_history`,
  ];
  const searches = [
    `/Patient?_id=${patient.resource.id}`,
    `/Task?_id=${id}&focus:ServiceRequest.intent=order`,
    `/Task?_id=${id}&_include=Task:patient&_include=Task:focus`,
  ];
  const seen = async () => [
    ...(await Promise.all(looks.map(async (path) => (await ask(path)).status))),
    ...(await Promise.all(
      searches.map(async (path) => {
        const { total, entry } = (await ask(`${path}&_total=accurate`)).body as Bundle;
        return [total, (entry ?? []).map(({ resource }) => resource?.resourceType).toSorted()];
      }),
    )),
  ];
  const tasks = [`/Task/${id}`, `/Task/${id}/_history`, `/Task?_id=${id}`];
  const said = async () => Promise.all(tasks.map(async (path) => (await ask(path)).text.includes('text-message')));
  expect(await said()).toEqual([true, true, true]);
  expect(await seen()).toEqual([
    ...[200, 200, 200, 200],
    [1, ['Patient']],
    [1, ['Task']],
    [1, ['Patient', 'ServiceRequest', 'Task']],
  ]);
  const withdrawn = { ...task.resource, status: 'cancelled', statusReason: { text: 'consent-withdrawn' } };
  const ended = await send({ method: 'PUT', path: `/Task/${id}`, body: withdrawn, of: task }, practiceToken);
  expect(ended.status, ended.text).toBe(200);
  expect(await seen()).toEqual([...[404, 404, 404, 404], [0, []], [0, []], [1, ['Task']]]);
  expect((await ask(`/Task/${id}`)).body).toMatchObject({
    status: 'cancelled',
    statusReason: { text: 'consent-withdrawn' },
  });
  // The Wally's notes on it are content too: gone from every version, for every receiver.
  expect(await said()).toEqual([false, false, false]);
  // Nor does a patch tell of them by what fits and what does not.
  const current = (await journeyOf(door.at.store, journey.id)).task;
  const guesses = (current.resource.output ?? []).map((value, nth) => ({ op: 'test', path: `/output/${nth}`, value }));
  expect(guesses.length).toBeGreaterThan(0);
  for (const one of guesses) {
    const body = [one, { op: 'replace', path: '/status', value: 'in-progress' }];
    const told = await send({ method: 'PATCH', path: `/Task/${id}`, body, of: current }, teamToken);
    expect([told.status, reasonsIn(told.body)]).toEqual([409, ['patch-test-failed']]);
  }
});
