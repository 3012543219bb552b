import { randomUUID } from 'node:crypto';
import type { Bundle, MessageHeader, OperationOutcome } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import {
  type Answered,
  asMessage,
  type OpenFhirDoor,
  openFhirDoor,
  reasonsIn,
  transaction,
} from '../doubles/fhir-door.ts';

let door: OpenFhirDoor;
beforeAll(async () => {
  door = await openFhirDoor();
});
afterAll(() => door.close());

const send = (bundle: Bundle, headers?: Record<string, string>) =>
  door.ask('POST', '/$process-message', bundle, headers);

interface Read {
  readonly header: MessageHeader;
  readonly outcome: OperationOutcome;
  readonly bundle: Bundle;
}
/** The answer as a message; fails when it is none, or not valid R4. */
function answerOf({ body }: Answered): Read {
  expect(validateBaseR4(body).filter((one) => one.severity === 'error')).toEqual([]);
  const bundle = body as Bundle;
  expect([bundle.resourceType, bundle.type]).toEqual(['Bundle', 'message']);
  const [header, outcome] = (bundle.entry ?? []).map((one) => one.resource);
  if (header?.resourceType !== 'MessageHeader' || outcome?.resourceType !== 'OperationOutcome')
    throw new Error('no answer');
  expect(header.response?.details?.reference).toBe(`urn:uuid:${outcome.id}`);
  return { header, outcome, bundle };
}
const ids = () => ({ header: randomUUID(), envelope: `urn:uuid:${randomUUID()}` });

describe('a message', () => {
  test('is taken and answered with a message: ok, for this header, with the promise', async () => {
    const at = ids();
    const sent = await send(asMessage(transaction('m-1'), at));
    expect(sent.status).toBe(200);
    const { header, outcome, bundle } = answerOf(sent);
    expect(header.response).toMatchObject({ identifier: at.header, code: 'ok' });
    expect(header.eventCoding?.code).toBe('new-order');
    expect(header.destination?.[0]?.endpoint).toBe('https://de-brink.his.example/$process-message');
    expect(reasonsIn(outcome)[0]).toBe('promise');
    const journey = await door.journeyOf('m-1');
    expect(header.focus?.map((one) => one.reference?.split('/R4/')[1])).toEqual([
      `ServiceRequest/${journey.serviceRequest.resource.id}`,
      `Task/${journey.task.resource.id}`,
    ]);
    expect(bundle.identifier?.value).not.toBe(at.envelope);
  });

  test('that is refused is answered with fatal-error, and every reason at its place', async () => {
    const at = ids();
    const sent = await send(
      asMessage(
        transaction('m-2', ({ request, without }) => {
          delete request.supportingInfo;
          without('Consent');
        }),
        at,
      ),
      { 'accept-language': 'en' },
    );
    expect(sent.status).toBe(403);
    const { header, outcome } = answerOf(sent);
    expect(header.response).toMatchObject({ identifier: at.header, code: 'fatal-error' });
    expect(outcome.issue?.[0]).toMatchObject({
      code: 'forbidden',
      expression: ['Bundle.entry[5].resource.supportingInfo'],
    });
    expect(outcome.issue?.[0]?.details?.text).toMatch(/^The consent/);
    expect(await door.journeysOf('m-2')).toEqual([]);
  });

  test('of an event that we do not know is refused at the event', async () => {
    const sent = await send(asMessage(transaction('m-3'), ids(), 'diagnostic-report'));
    const { header, outcome } = answerOf(sent);
    expect([sent.status, header.response?.code, reasonsIn(outcome)]).toEqual([422, 'fatal-error', ['message-event']]);
    expect(outcome.issue?.[0]?.expression).toEqual(['Bundle.entry[0].resource.eventCoding']);
  });

  test('that cannot be answered as one gets the bare outcome: no header, an answer, another Bundle', async () => {
    const message = asMessage(transaction('m-4'), ids());
    const [, ...rest] = message.entry ?? [];
    for (const [bundle, reason] of [
      [{ ...message, entry: rest }, undefined],
      [transaction('m-4'), 'bundle-type'],
    ] as const) {
      const sent = await send(bundle);
      expect([sent.status, sent.body.resourceType]).toEqual([422, 'OperationOutcome']);
      if (reason) expect(reasonsIn(sent.body)).toEqual([reason]);
    }
    const answer = asMessage(transaction('m-4'), ids());
    const header = answer.entry?.[0]?.resource as MessageHeader;
    header.response = { identifier: 'x', code: 'ok' };
    const sent = await send(answer);
    expect([sent.body.resourceType, reasonsIn(sent.body)]).toEqual(['OperationOutcome', ['message-is-answer']]);
    expect(await door.journeysOf('m-4')).toEqual([]);
  });
});

/** MedCom's test on two ids: what a second message is, by what it has in common with the first. */
const four = [
  {
    what: 'a network duplicate',
    envelope: 'same',
    header: 'same',
    status: 200,
    code: 'ok',
    duplicate: 'true',
    journeys: 1,
  },
  { what: 'a resend', envelope: 'new', header: 'same', status: 200, code: 'ok', duplicate: 'true', journeys: 1 },
  {
    what: 'a mistake',
    envelope: 'same',
    header: 'new',
    status: 409,
    code: 'fatal-error',
    duplicate: null,
    journeys: 1,
  },
  { what: 'a new message', envelope: 'new', header: 'new', status: 200, code: 'ok', duplicate: null, journeys: 2 },
] as const;

describe('the four-way id test', () => {
  test.each(four)('$envelope envelope, $header header: $what', async (row) => {
    const number = `four-${row.envelope}-${row.header}`;
    const first = ids();
    const said = answerOf(await send(asMessage(transaction(number), first)));
    const isNew = row.header === 'new';
    const second = {
      header: isNew ? randomUUID() : first.header,
      envelope: row.envelope === 'new' ? `urn:uuid:${randomUUID()}` : first.envelope,
    };
    const sent = await send(asMessage(transaction(isNew ? `${number}-b` : number), second));
    const again = answerOf(sent);
    expect([sent.status, sent.headers.get('x-duplicate'), again.header.response?.code]).toEqual([
      row.status,
      row.duplicate,
      row.code,
    ]);
    if (row.header === 'same') {
      // The same answer in an envelope of its own.
      expect([again.header, again.outcome]).toEqual([said.header, said.outcome]);
      expect(again.bundle.id).not.toBe(said.bundle.id);
    }
    if (row.what === 'a mistake') expect(reasonsIn(again.outcome)).toEqual(['envelope-twice']);
    const all = [...(await door.journeysOf(number)), ...(await door.journeysOf(`${number}-b`))];
    expect(all).toHaveLength(row.journeys);
  });

  test('the same header with another content is a conflict', async () => {
    const first = ids();
    await send(asMessage(transaction('m-5'), first));
    const changed = transaction('m-5', ({ request }) =>
      Object.assign(request, { reasonCode: [{ text: 'Iets anders' }] }),
    );
    const sent = await send(asMessage(changed, { ...first, envelope: 'urn:uuid:other' }));
    expect([sent.status, reasonsIn(answerOf(sent).outcome)]).toEqual([409, ['same-number-other-content']]);
  });

  test('the envelope of another sender is another envelope', async () => {
    const at = ids();
    await send(asMessage(transaction('m-6'), at));
    const other = asMessage(transaction('m-6'), { ...at, header: randomUUID() });
    const sent = await send(other, { authorization: 'Bearer fhir-door-of-zuidrand' });
    expect(reasonsIn(answerOf(sent).outcome)).toEqual(['other-practice']);
  });

  test('of many equal messages at one moment exactly one is taken', async () => {
    const at = ids();
    const sent = await Promise.all(Array.from({ length: 6 }, () => send(asMessage(transaction('m-7'), at))));
    expect(sent.map((one) => one.status)).toEqual(Array(6).fill(200));
    expect(sent.filter((one) => one.headers.get('x-duplicate') === null)).toHaveLength(1);
    expect(await door.journeysOf('m-7')).toHaveLength(1);
  });
});

describe('a message that changes what was sent', () => {
  test('order-update corrects, order-cancel withdraws, and a resend is told the same', async () => {
    await send(asMessage(transaction('m-8'), ids()));
    const changed = transaction('m-8', ({ request }) =>
      Object.assign(request, { reasonCode: [{ text: 'Toch schulden' }] }),
    );
    const update = ids();
    const corrected = answerOf(await send(asMessage(changed, update, 'order-update')));
    expect([corrected.header.response?.code, reasonsIn(corrected.outcome)[0]]).toEqual(['ok', 'corrected']);
    expect((await door.journeyOf('m-8')).serviceRequest.resource.reasonCode?.[0]?.text).toBe('Toch schulden');
    const resent = answerOf(
      await send(asMessage(changed, { ...update, envelope: 'urn:uuid:again-8' }, 'order-update')),
    );
    expect(resent.outcome).toEqual(corrected.outcome);

    const cancel = ids();
    const withdrawn = answerOf(await send(asMessage(transaction('m-8'), cancel, 'order-cancel')));
    expect(reasonsIn(withdrawn.outcome)).toEqual(['cancelled']);
    expect((await door.journeyOf('m-8')).task.resource.status).toBe('cancelled');
    const again = answerOf(await send(asMessage(transaction('m-8'), cancel, 'order-cancel')));
    expect(again.outcome).toEqual(withdrawn.outcome);
  });

  test('an older update after a newer one (Bundle.timestamp) is refused, and the newer one stands (H15)', async () => {
    await send(asMessage(transaction('m-10'), ids()));
    const updated = async (timestamp: string, text: string) => {
      const changed = transaction('m-10', ({ request }) => Object.assign(request, { reasonCode: [{ text }] }));
      const { outcome } = answerOf(await send({ ...asMessage(changed, ids(), 'order-update'), timestamp }));
      return reasonsIn(outcome)[0];
    };
    expect(await updated('2026-11-23T10:00:01Z', 'Nieuw')).toBe('corrected');
    expect(await updated('2026-11-23T11:00:00.500+01:00', 'Oud')).toBe('older-correction');
    expect((await door.journeyOf('m-10')).serviceRequest.resource.reasonCode?.[0]?.text).toBe('Nieuw');
  });

  test('a withdrawal before its referral is remembered: the referral is then refused (H15)', async () => {
    const early = await send(asMessage(transaction('m-9'), ids(), 'order-cancel'));
    expect([early.status, reasonsIn(answerOf(early).outcome)]).toEqual([200, ['kept-for-later']]);
    const late = answerOf(await send(asMessage(transaction('m-9'), ids())));
    expect([late.header.response?.code, reasonsIn(late.outcome)]).toEqual(['fatal-error', ['cancelled-earlier']]);
  });
});
