import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identifiers } from '../../src/fhir/systems.ts';
import { referContextRouter } from '../../src/intake/refer/context.ts';
import { fieldNames, formFields, newFormId, readDay, readForm } from '../../src/intake/refer/fields.ts';
import { openLog } from '../../src/log.ts';
import type { Actor } from '../../src/referral/actor.ts';
import { addDays } from '../../src/referral/deadlines.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { looksMedical } from '../../src/referral/second-look.ts';
import { writeCredential } from '../../src/store/access/sessions.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';

const actor: Actor = { id: 'assistant-nadia', name: 'Nadia Ouchan', role: 'practice', organization: 'de-brink' };
const from = { actor, now: new Date('2026-11-23T09:00:00Z'), publicUrl: 'https://kortelijn.example' };
const fields = formFields({
  form: newFormId('2026-11-23'),
  danger: 'no',
  family: 'van den Berg',
  birthDate: '14-03-1957',
  reason: 'Is veel alleen.',
  urgency: 'urgent',
  consentBy: 'resident',
  consentHow: 'written',
  consentOn: '2026-11-20',
  feedback: 'closure-only',
  medicalCodes: 'no',
});

describe('the form as a referral', () => {
  test('holds what was typed, and nothing that was not', () => {
    const mapped = readForm(fields, from);
    if (isRefusal(mapped)) throw new Error('refused');
    expect(mapped.referral).toEqual({
      practiceReferralId: {
        system: 'https://kortelijn.example/refer',
        value: expect.stringMatching(/^F-20261123-[0-9A-HJKMNP-TV-Z]{8}$/),
      },
      authoredOn: '2026-11-23T09:00:00.000Z',
      priority: 'urgent',
      requester: { name: 'Nadia Ouchan' },
      patient: { name: { family: 'van den Berg', text: 'van den Berg' }, birthDate: '1957-03-14', phones: [] },
      reason: 'Is veel alleen.',
      lifeAreas: [],
      reasonCodes: [],
      consent: { by: 'resident', how: 'written', on: '2026-11-20', medicalCodes: false, feedback: 'closure-only' },
      notes: [],
    });
  });

  test('one form has one number, two forms have two', () => {
    const numberOf = (form: string) => {
      const mapped = readForm({ ...fields, form }, from);
      return isRefusal(mapped) ? '' : mapped.referral.practiceReferralId.value;
    };
    const [one, two] = [newFormId('2026-11-23'), newFormId('2026-11-23')];
    expect(numberOf(one)).toBe(numberOf(one));
    expect(numberOf(one)).not.toBe(numberOf(two));
  });

  test('a medical code goes along only with the consent for it', () => {
    const mapped = readForm({ ...fields, medicalCodes: 'yes', icpc: 'z15' }, from);
    expect(mapped).toMatchObject({ referral: { reasonCodes: [{ code: 'Z15' }], consent: { medicalCodes: true } } });
    expect(readForm({ ...fields, medicalCodes: 'no', icpc: 'z15' }, from)).toMatchObject({
      refused: [{ path: 'icpc' }],
    });
  });

  test('H1: a form that did not answer the first question with no is refused at the door too', () => {
    for (const danger of ['', 'yes', 'maybe'])
      expect(readForm({ ...fields, danger }, from)).toMatchObject({ refused: [{ path: 'danger' }] });
  });

  test('an empty form is told everything at once, in its order, each under a field that exists', () => {
    const refusal = readForm(formFields({}), from);
    const paths = isRefusal(refusal) ? refusal.refused.map((one) => one.path) : [];
    expect(paths).toEqual([
      'form',
      'danger',
      'family',
      'birthDate',
      'reason',
      'urgency',
      'consentBy',
      'consentHow',
      'consentOn',
      'feedback',
      'medicalCodes',
    ]);
  });

  test('whatever is posted: a referral, or refusals under names of fields; never an exception', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('x'.repeat(9_000), 'yes', 'no', 'resident', '12-12-2012', ' ', ['a', 'b']),
    );
    const changes = fc.dictionary(fc.constantFrom(...fieldNames), value, { maxKeys: 3 });
    const seen = new Set<string>();
    fc.assert(
      fc.property(changes, (some) => {
        const mapped = readForm(formFields({ ...fields, ...some }), from);
        if (isRefusal(mapped)) for (const { path } of mapped.refused) expect(fieldNames).toContain(path);
        seen.add(isRefusal(mapped) ? 'refused' : 'taken');
      }),
      { numRuns: 500 },
    );
    expect([...seen].toSorted()).toEqual(['refused', 'taken']);
  });

  test('control characters and half surrogates do not get in', () => {
    expect(formFields({ family: 'Ber\u0000g\ud800', reason: 'a\r\nb\u0007' })).toMatchObject({
      family: 'Berg\ufffd',
      reason: 'a\nb',
    });
  });
});

describe('a day', () => {
  test('is read in both orders, and every day that exists is read as itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70_000 }), fc.constantFrom('-', '/', '.', ' '), (n, separator) => {
        const day = addDays('1900-01-01', n);
        expect(readDay(day)).toBe(day);
        expect(readDay(day.split('-').toReversed().map(Number).join(separator))).toBe(day);
      }),
      { numRuns: 200 },
    );
  });
  test.each(['31-02-1957', '29-02-2023', '00-01-2000', '1-13-2000', '14-03-57', '14-03-1857', '1957', 'gisteren', ''])(
    '%s is none',
    (text) => {
      expect(readDay(text)).toBeUndefined();
    },
  );
});

describe('H17: what looks medical in a text', () => {
  test.each([
    ['Zij heeft P76.', ['code']],
    ['Z25.01 speelt', ['code']],
    ['BSN 1112.22.333', ['bsn']],
    ['slikt oxazepam', ['medication']],
    ['20mg per dag', ['medication']],
  ])('%s', (text, kinds) => {
    expect(looksMedical(text).map((one) => one.kind)).toEqual(kinds);
  });
  test.each([
    'Bel 06-12345678',
    'nummer 123456789',
    'geboren in 1957',
    'woont op nummer 12B',
    'groep P761',
    'Sam is 3 maanden',
  ])('not: %s', (text) => {
    expect(looksMedical(text)).toEqual([]);
  });
});

describe('POST /refer/context', () => {
  const credential = 'test-de-brink-to-kortelijn';
  const patient = { resourceType: 'Patient', name: [{ family: 'Bakker' }], birthDate: '1948-02-29' };
  let opened: TestStore;
  let url: string;
  let close: () => Promise<unknown>;

  beforeAll(async () => {
    opened = await openTestStore();
    await loadTestRegion(opened.store);
    await writeCredential(opened.store, 'de-brink', 'his-de-brink', credential);
    const app = express();
    app.use(
      referContextRouter({ store: opened.store, publicUrl: 'https://kortelijn.example', log: openLog('silent') }),
    );
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/refer/context`;
    close = async () => {
      server.close();
      server.closeAllConnections();
      await opened.close();
    };
  });
  afterAll(() => close());

  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/fhir+json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const answer = (await response.json()) as {
      url?: string;
      issue?: { expression?: string[]; details?: { coding?: { code?: string }[] } }[];
    };
    return {
      status: response.status,
      answer,
      reasons: answer.issue?.map((one) => one.details?.coding?.[0]?.code),
      paths: answer.issue?.flatMap((one) => one.expression ?? []),
    };
  };

  test('gives a link with a one-time handle; in the table it is sealed', async () => {
    const { status, answer } = await post(patient);
    expect(status).toBe(201);
    expect(answer.url).toMatch(/^https:\/\/kortelijn\.example\/refer\?handle=[\w-]{43}$/);
    const { rows } = await opened.owner.query('select hash, sealed, practice_id from handle');
    expect(JSON.stringify(rows)).not.toContain(Buffer.from('Bakker').toString('hex'));
    expect(Buffer.concat(rows.map((row) => row.sealed)).includes('Bakker')).toBe(false);
  });

  const bsn = (value: string) => ({ identifier: [{ system: identifiers.bsn, value }] });
  test.each([
    ['no name', { ...patient, name: undefined }, 'missing-field', 'Patient.name'],
    ['no birth date', { ...patient, birthDate: undefined }, 'missing-field', 'Patient.birthDate'],
    ['a day that does not exist', { ...patient, birthDate: '1957-02-31' }, 'impossible-date', 'Patient.birthDate'],
    ['a year only', { ...patient, birthDate: '1957' }, 'impossible-date', 'Patient.birthDate'],
    ['a birth date to come', { ...patient, birthDate: '2026-11-24' }, 'impossible-date', 'Patient.birthDate'],
    [
      'a BSN that fails the 11-proef',
      { ...patient, ...bsn('123456789') },
      'bsn-invalid',
      'Patient.identifier[0].value',
    ],
    ['a field that R4 does not know', { ...patient, nickname: 'x' }, 'unknown-field', 'Patient.nickname'],
    ['someone who has died', { ...patient, deceasedBoolean: true }, 'deceased', 'Patient.deceased'],
    ['another resource', { resourceType: 'Practitioner' }, 'other-resource', 'resourceType'],
    ['a name that is too long', { ...patient, name: [{ family: 'x'.repeat(300) }] }, 'does-not-fit', 'Patient'],
  ])('refuses %s, with the place', async (_title, body, reason, path) => {
    const refused = await post(body);
    expect(refused.status).toBe(422);
    expect(refused.reasons).toContain(reason);
    expect(refused.paths).toContain(path);
  });

  test('refuses what cannot be read, is too large, is no JSON, or comes without a key; no handle is made', async () => {
    const count = async () => Number((await opened.owner.query('select count(*) from handle')).rows[0]?.count);
    const before = await count();
    expect((await post('{')).status).toBe(400);
    expect((await post({ ...patient, extension: 'x'.repeat(300_000) })).status).toBe(413);
    expect((await post('family=Bakker', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await post(patient, { authorization: 'Bearer unknown-key' })).status).toBe(401);
    expect((await post(patient, { 'x-practice-referral': 'no separator' })).reasons).toEqual(['referral-number-form']);
    expect(await count()).toBe(before);
  });

  test('both outcomes are in the audit trail', async () => {
    const { rows } = await opened.owner.query<{ event: string; outcome: string }>(
      `select distinct line::jsonb->>'event' as event, line::jsonb->>'outcome' as outcome from audit where practice_id = 'de-brink' order by 1`,
    );
    expect(rows).toEqual([
      { event: 'refer-context-received', outcome: 'ok' },
      { event: 'refer-context-refused', outcome: 'refused' },
    ]);
  });
});
