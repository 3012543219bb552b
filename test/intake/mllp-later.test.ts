import { Hl7Message } from '@medplum/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Acting, accept } from '../../src/feedback/moves.ts';
import { report } from '../../src/feedback/report.ts';
import { joinEarly } from '../../src/intake/join.ts';
import { listenMllp, type MllpListener } from '../../src/intake/mllp/listen.ts';
import { openLog } from '../../src/log.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { readJourney } from '../../src/store/referrals.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { giveMllp, type MllpClient, openMllpClient } from '../doubles/mllp.ts';
import { type RefParts, refMessage } from '../doubles/ref.ts';
import { pdf64, zdAppointment, zdLetter, zdPatient } from '../doubles/zorgdomein.ts';

const here = '127.0.0.0/8';
const log = openLog('silent');
let at: TestStore;
let listener: MllpListener;
let client: MllpClient;

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  await giveMllp(at.store, 'de-brink', { peer: { facility: '01990101', addressRange: here } }, 'beside');
  const agreement = { since: '2026-01-05', how: 'spoken', medicalCodes: true, feedback: 'content' };
  await giveMllp(at.store, 'aan-de-kade', { peer: { facility: '01990103', addressRange: here }, agreement }, 'beside');
  const formats = await Promise.all(['hl7v2-ref', 'hl7v2-zorgdomein'].map((name) => loadMapping(name)));
  const mappings = new Map(formats.map((one) => [one.format.name, one]));
  listener = await listenMllp(
    { store: at.store, directory: directoryReader(at.store), log, mappings, answered: async () => false },
    {
      messageBytesMax: 8_000_000,
      messageMs: 30_000,
      idleMs: 30_000,
      connectionsMax: 50,
      connectionsPerAddressMax: 20,
      host: '127.0.0.1',
      port: 0,
      usualPort: 0,
    },
  );
  client = await openMllpClient(listener.port);
});
afterAll(async () => {
  client.end();
  await listener.close();
  await at.close();
});

/** An answer, taken apart by another parser. */
function read(raw: string) {
  const message = Hl7Message.parse(raw);
  const value = (segment: string, field: number, component = 1) =>
    message.getSegment(segment)?.getField(field)?.getComponent(component) ?? '';
  const errors = message.getAllSegments('ERR').map((one) => one.getField(5).getComponent(1));
  return { raw, value, errors, code: value('MSA', 1), type: `${value('MSH', 9)}^${value('MSH', 9, 2)}` };
}
async function ask(message: string, encoding?: BufferEncoding) {
  client.send(message, encoding);
  return read(await client.next());
}
/** Type and code, and why not. */
const said = async (message: string) => {
  const { type, code, errors } = await ask(message);
  return [type, code, ...errors].join(' ');
};

let sent = 0;
/** A REF with a control id of its own, unless it is a resend of one. */
function ref(event: string, number: string, parts: RefParts = {}): string {
  sent += 1;
  return refMessage({ controlId: `L${sent}`, number, ...parts }).replaceAll('I12', event);
}
const changed = { change: { OBX: ['OBX|1|TX|reason^^99KL||Verbeterd'] } };

async function journeysOf(...numbers: string[]) {
  const { rows } = await at.owner.query<{ journey_id: string }>(
    'select distinct journey_id from referral_number where value = any($1) and journey_id is not null',
    [numbers],
  );
  const found = await Promise.all(rows.map((row) => readJourney(at.store, { kind: 'line' }, row.journey_id)));
  return found.flatMap((one) =>
    one
      ? [
          {
            status: one.task.resource.status,
            reason: one.serviceRequest.resource.reasonCode?.[0]?.text,
            number: one.index.practiceReferral.value,
            letters: one.letters.length,
          },
        ]
      : [],
  );
}

describe('REF^I12, I13 and I14', () => {
  test('each is answered by the RRI of its own event', async () => {
    expect(await said(ref('I12', 'L-1'))).toBe('RRI^I12 AA');
    const change = await ask(ref('I13', 'L-1', changed));
    expect([change.type, change.code, change.value('MSH', 9, 3)]).toEqual(['RRI^I13', 'AA', 'RRI_I12']);
    expect(change.raw).toContain('De verwijzing is gewijzigd');
    expect(await journeysOf('L-1')).toEqual([{ status: 'requested', reason: 'Verbeterd', number: 'L-1', letters: 0 }]);
    const end = await ask(ref('I14', 'L-1'));
    expect([end.type, end.code, end.value('RF1', 1)]).toEqual(['RRI^I14', 'AA', 'R']);
    expect(end.value('MSA', 3)).toBe('De verwijzing is ingetrokken.');
    expect(await journeysOf('L-1')).toMatchObject([{ status: 'cancelled' }]);
  });

  test('an older change after a newer one (MSH-7) is refused, and the newer one stands (H15)', async () => {
    const at = (minute: string, reason: string) =>
      ref('I13', 'L-9', { change: { OBX: [`OBX|1|TX|reason^^99KL||${reason}`] } }).replace(
        /^(MSH\|(?:[^|]*\|){5})[^|]*/,
        `$1202611231000${minute}+0100`,
      );
    expect(await said(ref('I12', 'L-9'))).toBe('RRI^I12 AA');
    expect(await said(at('30', 'Nieuw'))).toBe('RRI^I13 AA');
    expect(await said(at('29', 'Oud'))).toBe('ACK^I13 AE older-correction');
    expect(await journeysOf('L-9')).toMatchObject([{ reason: 'Nieuw' }]);
  });

  test('one control id for a referral and its cancellation is no conflict: the type is part of the key', async () => {
    expect(await said(ref('I12', 'L-2', { controlId: 'MSG00112' }))).toBe('RRI^I12 AA');
    expect(await said(ref('I14', 'L-2', { controlId: 'MSG00112' }))).toBe('RRI^I14 AA');
  });

  test('as MSH-15 and MSH-16 ask', async () => {
    const both = ref('I12', 'L-3', { ack: ['AL', 'AL'] });
    client.send(both);
    expect([read(await client.next()), read(await client.next())].map((one) => `${one.type} ${one.code}`)).toEqual([
      'ACK^I12 CA',
      'RRI^I12 AA',
    ]);
    expect(await said(ref('I13', 'L-3', { ...changed, ack: ['AL', 'NE'] }))).toBe('ACK^I13 CA');
    expect(await said(ref('I13', 'L-3', { ack: ['AL', 'NE'], change: { CON: [] } }))).toBe(
      'ACK^I13 CE consent-missing',
    );
    expect(await said(ref('I14', 'L-3', { ack: ['NE', 'AL'] }))).toBe('RRI^I14 AA');
    client.send(ref('I14', 'L-3', { ack: ['NE', 'ER'] }));
    expect(await said(ref('I14', 'L-3', { ack: ['ER', 'ER'], change: { RF1: [] } }))).toMatch(/^ACK\^I14 AE required/);
  });

  test('in any order, each of them twice, there is one journey at most, and nobody is left with a cancelled one', async () => {
    const orders = (all: readonly string[]): string[][] =>
      all.length === 0
        ? [[]]
        : all.flatMap((one) => orders(all.filter((other) => other !== one)).map((rest) => [one, ...rest]));
    const ends: Record<string, string[]> = {};
    for (const [n, order] of orders(['I12', 'I13', 'I14']).entries()) {
      const number = `order-${n}`;
      const codes: string[] = [];
      for (const event of order) {
        const message = ref(event, number, event === 'I13' ? changed : {});
        const [first, again] = [await ask(message), await ask(message)];
        // A resend hears the same, but that what was new is not new again.
        expect([again.code, again.errors]).toEqual([first.code, first.errors]);
        codes.push([event, first.code, ...first.errors].join(' '));
      }
      const journeys = await journeysOf(number);
      ends[codes.join(', ')] = journeys.map((one) => `${one.status} ${one.reason}`);
    }
    const first = 'Mevrouw is veel alleen sinds de zomer';
    expect(ends).toEqual({
      'I12 AA, I13 AA, I14 AA': ['cancelled Verbeterd'],
      'I12 AA, I14 AA, I13 AE cancelled-earlier': [`cancelled ${first}`],
      'I13 AA, I12 AA, I14 AA': ['cancelled Verbeterd'],
      'I13 AA, I14 AA, I12 AE cancelled-earlier': ['cancelled Verbeterd'],
      'I14 AA, I12 AE cancelled-earlier, I13 AE cancelled-earlier': [],
      'I14 AA, I13 AE cancelled-earlier, I12 AE cancelled-earlier': [],
    });
  });

  test('a change under a new number stays the same journey, under both; either number takes it back', async () => {
    const renumbered = (to: string, from: string): RefParts => ({
      change: { ...changed.change, RF1: [`RF1|P|R||||${to}^VOORBEELDHIS~${from}^VOORBEELDHIS|20261123`] },
    });
    const first = ref('I12', 'N-1');
    expect(await said(first)).toBe('RRI^I12 AA');
    const message = ref('I13', 'N-2', renumbered('N-2', 'N-1'));
    const answer = await ask(message);
    expect([answer.code, answer.value('RF1', 6)]).toEqual(['AA', 'N-2']);
    expect(await said(message)).toBe('RRI^I13 AA');
    // The first one again does not undo the change.
    expect(await said(first)).toBe('RRI^I12 AA');
    expect(await journeysOf('N-1', 'N-2')).toEqual([
      { status: 'requested', reason: 'Verbeterd', number: 'N-2', letters: 0 },
    ]);
    expect(await said(ref('I14', 'N-1'))).toBe('RRI^I14 AA');
    expect(await said(ref('I14', 'N-2'))).toBe('RRI^I14 AA');
    expect(await journeysOf('N-1', 'N-2')).toMatchObject([{ status: 'cancelled' }]);
  });

  test('another person under that number changes nothing (H3)', async () => {
    expect(await said(ref('I12', 'P-1'))).toBe('RRI^I12 AA');
    const other = { PID: ['PID|1||||Bakker^Jan||19600101'] };
    expect(await said(ref('I13', 'P-1', { change: other }))).toBe('ACK^I13 AE other-person');
    expect(await said(ref('I14', 'P-1', { change: other }))).toBe('ACK^I14 AE other-person');
    expect(await journeysOf('P-1')).toMatchObject([{ status: 'requested' }]);
  });
});

describe('work that has begun', () => {
  test('is not stopped by a cancellation: the answer says that the Wally is asked', async () => {
    expect(await said(ref('I12', 'B-1'))).toBe('RRI^I12 AA');
    const { rows } = await at.owner.query('select journey_id from referral_number where value = $1', ['B-1']);
    const actor = { id: 'wally-sanne', name: 'Sanne', role: 'wally', organization: 'voorbeeldstreek' } as const;
    const directory = await directoryReader(at.store)();
    const answered = {
      final: false,
      contact: 'made',
      contactOn: '2026-11-23',
      firstLine: 'Wij spraken elkaar.',
      outcomes: [{ lifeArea: 'loneliness', outcome: 'helped' }],
      residentAgreed: true,
    } as const;
    for (const press of [
      accept,
      (journey: Journey, acting: Acting) => report(journey, { ...answered, outcomes: [...answered.outcomes] }, acting),
    ]) {
      const journey = await readJourney(at.store, { kind: 'line' }, rows[0].journey_id);
      if (!journey) throw new Error('no journey');
      const change = press(journey, { actor, now: at.now, newId: at.store.newId, directory });
      if (isRefusal(change)) throw new Error(change.refused[0]?.reason);
      expect(await at.store.commit(change)).toEqual({ ok: true });
    }
    const answer = await ask(ref('I14', 'B-1'));
    expect([answer.type, answer.code, answer.value('RF1', 1)]).toEqual(['RRI^I14', 'AA', 'P']);
    expect(answer.value('MSA', 3)).toBe(
      'De Wally is al begonnen. Wij vragen de Wally om te stoppen; u krijgt antwoord.',
    );
    expect(await journeysOf('B-1')).toMatchObject([{ status: 'in-progress' }]);
  });
});

describe('ZorgDomein', () => {
  const facility = '01990103';
  const no = (n: number) => `ZD2000001${String(n).padStart(2, '0')}`;

  test('announcement, letter, attachments and cancellation are one journey, all under the number in MSH-10', async () => {
    const parts = { number: no(1), facility };
    expect(await said(zdAppointment('S01', parts))).toBe('SRR^S01 AA');
    const letter = zdLetter({ ...parts, text: 'Veel alleen' });
    const answer = await ask(letter, 'latin1');
    expect([answer.type, answer.code]).toEqual(['ACK^R01', 'AA']);
    expect(answer.raw.split('\r').map((one) => one.slice(0, 3))).not.toContain('RF1');
    expect(answer.value('MSH', 2)).toBe('^_\\&');
    for (const name of ['a', 'b'])
      expect(await said(zdLetter({ ...parts, mark: '', file: `^application^pdf^Base64^${pdf64(name)}` }))).toBe(
        'ACK^R01 AA',
      );
    // Every one of them again, later: a new moment in MSH-7, the same MSH-10.
    expect(await said(zdLetter({ ...parts, text: 'Veel alleen', at: '20261123120000+0100' }))).toBe('ACK^R01 AA');
    expect(await said(zdAppointment('S01', parts))).toBe('SRR^S01 AA');
    expect(await said(zdLetter({ ...parts, mark: '', file: `^application^pdf^Base64^${pdf64('a')}` }))).toBe(
      'ACK^R01 AA',
    );
    expect(await journeysOf(no(1))).toEqual([
      { status: 'requested', reason: 'Waarom deze verwijzing? Veel alleen', number: no(1), letters: 3 },
    ]);
    expect(await said(zdAppointment('S04', parts))).toBe('SRR^S04 AA');
    expect(await said(letter)).toBe('ACK^R01 AE cancelled-earlier');
    expect(await journeysOf(no(1))).toMatchObject([{ status: 'cancelled' }]);
  });

  test('an attachment before its letter waits for it, and the cancellation before both refuses them', async () => {
    const early = { number: no(2), facility };
    expect(await said(zdLetter({ ...early, mark: '', file: `^application^pdf^Base64^${pdf64('c')}` }))).toBe(
      'ACK^R01 AA',
    );
    expect(await said(zdLetter(early))).toBe('ACK^R01 AA');
    await joinEarly({ store: at.store, directory: directoryReader(at.store), log });
    expect(await journeysOf(no(2))).toMatchObject([{ letters: 2 }]);
    const late = { number: no(3), facility };
    expect(await said(zdAppointment('S04', late))).toBe('SRR^S04 AA');
    expect(await said(zdAppointment('S01', late))).toBe('ACK^S01 AE cancelled-earlier');
    expect(await said(zdLetter(late))).toBe('ACK^R01 AE cancelled-earlier');
    expect(await journeysOf(no(3))).toEqual([]);
  });

  test('another letter under the same number is a conflict, whoever it is about', async () => {
    const parts = { number: no(4), facility };
    expect(await said(zdLetter({ ...parts, text: 'a' }))).toBe('ACK^R01 AA');
    expect(await said(zdLetter({ ...parts, text: 'b' }))).toBe('ACK^R01 AE same-number-other-content');
    const other = zdPatient.replace('19510412', '19600101');
    expect(await said(zdLetter({ ...parts, mark: '', change: { PID: [other] } }))).toBe('ACK^R01 AE other-person');
    expect(await journeysOf(no(4))).toMatchObject([{ letters: 1 }]);
  });

  test('a name in 8859/1 arrives whole, and a letter of megabytes is taken', async () => {
    const parts = { number: no(5), facility, text: 'Zoë' };
    const file = `^application^pdf^Base64^${pdf64('x'.repeat(4_000_000))}`;
    const answer = await ask(zdLetter({ ...parts, file }), 'latin1');
    expect(answer.code).toBe('AA');
    expect(await journeysOf(no(5))).toMatchObject([{ reason: 'Waarom deze verwijzing? Zoë', letters: 1 }]);
  });

  test('without consent, an order, and a practice without an agreement: a no that says why', async () => {
    expect(await said(zdLetter({ number: no(6) }))).toBe('ACK^R01 AE consent-missing');
    const order = zdAppointment('S01', { number: no(7), facility }).replace('SRM^S01^SRM_S01', 'OML^O21^OML_O21');
    const answer = await ask(order, 'latin1');
    expect([answer.code, answer.errors]).toEqual(['AR', ['diagnostic-order']]);
    expect(answer.value('MSA', 3)).toMatch(/laboratorium/);
  });
});
