import type { Endpoint, Organization } from '@medplum/fhirtypes';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { medvriMailConnector } from '../../src/connectors/medvri-mail.ts';
import { mllpConnector } from '../../src/connectors/mllp.ts';
import type { Delivering } from '../../src/delivery/deliver.ts';
import { failureChange } from '../../src/delivery/deliver.ts';
import { Failure } from '../../src/delivery/failure.ts';
import { derivedId } from '../../src/fhir/derived-id.ts';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { loadLetterWriter } from '../../src/mapping/load-writer.ts';
import { nameOf } from '../../src/mapping/reading.ts';
import { theLine } from '../../src/referral/actor.ts';
import { readDirectoryResource, syncDestinations } from '../../src/store/directory.ts';
import { claim, type Due, offerDue } from '../../src/store/outbox/outbox.ts';
import { readForeignTexts } from '../../src/store/queue/attempts.ts';
import { canaries, committed, journeyOf } from '../doubles/made.ts';
import { openMllpHis } from '../doubles/mllp.ts';
import { type DeliveryBench, openDeliveryBench } from './delivery-bench.ts';

const kade = 'aan-de-kade';
const hl7Side = `${kade}/mllp`;
const second = `practice:${kade}/hl7-${kade}`;

const gone = [`practice:${kade}`, 'abandoned', 'fallback'];
const waiting = [second, 'pending', null];

let bench: DeliveryBench;
beforeAll(async () => {
  bench = await openDeliveryBench();
});
afterEach(async () => {
  bench.his.switches.reset();
  bench.his.switches.reset(hl7Side);
  await bench.dueNow();
});
afterAll(() => bench.close());

let counter = 0;
const nextNumber = () => {
  counter += 1;
  return `f-${counter}`;
};

interface Row {
  readonly id: string;
  readonly destination: string;
  readonly state: string;
  readonly reason: string | null;
  readonly code: string | null;
  readonly proof: string | null;
  readonly message: string;
}
/** Every feedback delivery of a journey, in order. */
async function rowsOf(journey: string): Promise<Row[]> {
  const { rows } = await bench.at.owner.query<Row>(
    `select id::text, destination, state, reason, failure_code as code, proof, message_id as message from delivery
      where journey_id = $1 and kind = 'feedback' order by delivery.id`,
    [journey],
  );
  return rows;
}
/** Where each went and how it stands there, in a word. */
const waysOf = async (journey: string) =>
  (await rowsOf(journey)).map(({ destination, state, reason, proof }) => [destination, state, reason ?? proof]);
const lettersAt = (practice: string, number: string) => {
  const records = bench.his.records(practice);
  const referral = records.referralBy('http://de-brink.his.example/referral', number)?.id;
  return records.letters.all().filter((one) => one.referralId === referral);
};
/** As if it had been tried for more than a week. */
const longAgo = (journey: string) =>
  bench.at.owner.query(
    `update delivery set trying_since = $2::timestamptz - interval '8 days' where journey_id = $1 and kind = 'feedback'`,
    [journey, bench.at.now],
  );
const again = async (change: Partial<Delivering> = {}) => {
  await bench.dueNow();
  return bench.round(change);
};

describe('when the first way to a practice ends', () => {
  test('a no of its system: the letter goes by the next one, and stands in the record once', async () => {
    const number = nextNumber();
    const journey = await bench.reported(number, kade);
    bench.his.switches.set({ mode: 'reject' }, kade);
    await bench.round();
    expect(await waysOf(journey)).toEqual([gone, waiting]);
    await bench.round();
    expect(await waysOf(journey)).toEqual([gone, [second, 'landed', 'application']]);
    const [first, next] = await rowsOf(journey);
    expect(next?.message).toBe(derivedId(first?.message ?? '', `hl7-${kade}`));
    const [letter, ...more] = lettersAt(kade, number);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ patientId: `x${number}`, filedBy: 'itself' });
    const texts = letter?.communication.payload ?? [];
    expect(texts[0]?.contentString).toContain(canaries.letter);
    expect(
      Buffer.from(texts[1]?.contentAttachment?.data ?? '', 'base64')
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
    expect((await journeyOf(bench.at.store, journey)).communications[0]?.resource.status).toBe('completed');
  });

  test('a person can see it: the attempt, the audit trail', async () => {
    const journey = await bench.reported(nextNumber(), kade);
    bench.his.switches.set({ mode: 'reject' }, kade);
    await bench.round();
    const { rows: attempts } = await bench.at.owner.query(
      `select a.outcome, a.mapping from attempt a join delivery d on d.id = a.delivery_id where d.journey_id = $1 and d.kind = 'feedback'`,
      [journey],
    );
    expect(attempts).toEqual([{ outcome: 'fallback', mapping: null }]);
    // What their system said is kept with it, and only the journey's key opens it.
    const [said] = await readForeignTexts(bench.at.store, journey, 5);
    expect(said).toMatchObject({ destination: `practice:${kade}`, code: 'rejected' });
    expect(said?.text).toContain('OperationOutcome');
    const { rows: lines } = await bench.at.owner.query<{ line: string }>(
      `select line from audit where journey_id = $1 and line like '%delivery-fallback%'`,
      [journey],
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]?.line).toContain('rejected');
  });

  test('a key that is refused: at once, no patience mends it', async () => {
    const { fhir } = bench.delivering.connectors;
    const journey = await bench.reported(nextNumber(), kade);
    const wrongKey = {
      send: (...[parcel, signal]: Parameters<typeof fhir.send>) => fhir.send({ ...parcel, secret: 'old' }, signal),
    };
    await bench.round({ connectors: { ...bench.delivering.connectors, fhir: wrongKey } });
    expect(await waysOf(journey)).toEqual([gone, waiting]);
  });

  test('a week without its system: only then, and not a minute before', async () => {
    const journey = await bench.reported(nextNumber(), kade);
    bench.his.switches.set({ mode: 'refuse' }, kade);
    await bench.round();
    expect(await waysOf(journey)).toEqual([[`practice:${kade}`, 'pending', null]]);
    await longAgo(journey);
    await again();
    expect(await waysOf(journey)).toEqual([gone, waiting]);
    // The next way has a patience of its own.
    bench.his.switches.set({ mode: 'error-before' }, hl7Side);
    await bench.round();
    expect(await waysOf(journey)).toEqual([gone, waiting]);
  });

  test('the last way’s no is a person’s to look at', async () => {
    const journey = await bench.reported(nextNumber(), kade);
    bench.his.switches.set({ mode: 'reject' }, kade);
    bench.his.switches.set({ mode: 'reject' }, hl7Side);
    await bench.round();
    await bench.round();
    expect(await rowsOf(journey)).toMatchObject([
      { state: 'abandoned', reason: 'fallback' },
      { state: 'held', code: 'rejected' },
    ]);
    bench.his.switches.reset(hl7Side);
  });

  test('a practice with one way keeps it', async () => {
    const journey = await bench.reported(nextNumber(), 'zuidrand');
    bench.his.switches.set({ mode: 'reject' }, 'zuidrand');
    await bench.round();
    expect(await rowsOf(journey)).toMatchObject([{ state: 'held', code: 'rejected' }]);
  });
});

describe('when nobody knows whether the first way had its effect', () => {
  test('it is asked first: what is there lands, and goes nowhere else', async () => {
    const number = nextNumber();
    const journey = await bench.reported(number, kade);
    bench.his.switches.set({ mode: 'error-after' }, kade);
    await bench.round();
    bench.his.switches.set({ mode: 'reject' }, kade);
    await again();
    expect(await waysOf(journey)).toEqual([[`practice:${kade}`, 'landed', 'record']]);
    expect(lettersAt(kade, number)).toHaveLength(1);
  });

  test('asked, not there, and then refused: the next way', async () => {
    const journey = await bench.reported(nextNumber(), kade);
    bench.his.switches.set({ mode: 'error-before', hits: 'create' }, kade);
    await bench.round();
    expect(await rowsOf(journey)).toMatchObject([{ state: 'pending', code: 'receiver-fault' }]);
    bench.his.switches.set({ mode: 'reject' }, kade);
    await again();
    expect(await waysOf(journey)).toEqual([gone, waiting]);
  });

  test('a week long it cannot be asked: a person decides, the letter does not go twice', async () => {
    const number = nextNumber();
    const journey = await bench.reported(number, kade);
    bench.his.switches.set({ mode: 'error-after' }, kade);
    await bench.round();
    bench.his.switches.set({ mode: 'refuse' }, kade);
    await longAgo(journey);
    await again();
    expect(await rowsOf(journey)).toMatchObject([{ state: 'held', code: 'unavailable' }]);
    expect(lettersAt(kade, number)).toHaveLength(1);
  });

  test('taken and not filed within a week: held, for the practice has it', async () => {
    const journey = await bench.reported(nextNumber(), kade);
    bench.his.switches.set({ files: false }, kade);
    await bench.round();
    expect(await rowsOf(journey)).toMatchObject([{ state: 'sent', proof: 'application' }]);
    await longAgo(journey);
    await again();
    expect(await rowsOf(journey)).toMatchObject([{ state: 'held', code: 'not-confirmed' }]);
  });
});

test('the same end decided twice gives one letter', async () => {
  const { store } = bench.at;
  const journey = await bench.reported(nextNumber(), kade);
  const due: Due[] = [];
  await offerDue(store, async (jobs) => void due.push(...jobs));
  const claimed = due[0] && (await claim(store, due[0], 60_000));
  if (!claimed) throw new Error('not claimed');
  const end = () => failureChange(bench.delivering, claimed, new Failure('permanent', 'rejected'));
  const [one, other] = [await end(), await end()];
  expect(one.outbox).toEqual(other.outbox);
  expect(await store.commit(one)).toEqual({ ok: true });
  expect((await store.commit(other)).ok).toBe(false);
  expect(await waysOf(journey)).toHaveLength(2);
});

describe('ways that cannot be asked', () => {
  test('HL7 v2 that falls silent for a week, then the mailbox of the care network', async () => {
    const { store } = bench.at;
    const mute = await openMllpHis();
    mute.behave = 'hangs-up';
    const organization = await readDirectoryResource<Organization>(store, 'Organization', 'zuidrand');
    if (!organization) throw new Error('no practice');
    const active = {
      resourceType: 'Endpoint' as const,
      status: 'active' as const,
      payloadType: [{ text: 'letter' }],
    };
    const mllp: Endpoint & { id: string } = {
      ...active,
      id: 'hl7-zuidrand',
      connectionType: { system: codeSystems.connectionType, code: 'hl7v2-mllp' },
      address: mute.address,
      extension: [{ url: extensions.bestProof, valueCode: 'application' }],
    };
    const mailbox: Endpoint & { id: string } = {
      ...active,
      id: 'postbus-zuidrand',
      connectionType: { system: codeSystems.connectionType, code: 'secure-email' },
      address: 'mailto:zuidrand@postbus.example',
      extension: [
        {
          url: extensions.medvriMailbox,
          extension: [
            { url: 'number', valueString: '500000003' },
            { url: 'endsAtGp', valueBoolean: true },
          ],
        },
      ],
    };
    const validFrom = bench.at.now.toISOString();
    const endpoint = [mllp, mailbox].map((one) => ({ reference: `Endpoint/${one.id}` }));
    await committed(store, {
      scope: { practice: '' },
      directory: [mllp, mailbox, { ...organization, endpoint }].map((resource) => ({ resource, validFrom })),
      audit: [
        {
          event: 'directory-changed',
          at: validFrom,
          actor: { id: theLine.id, role: theLine.role },
          action: 'U',
          outcome: 'ok',
          purpose: 'HOPERAT',
        },
      ],
    });
    await syncDestinations(store, await bench.delivering.directory());
    const hl7v2 = await loadMapping('hl7v2-ref');
    const medvri = medvriMailConnector({
      host: '127.0.0.1',
      port: bench.mail.port,
      tls: 'off',
      from: 'kortelijn@postbus.example',
      number: '500000001',
      domains: new Set(['postbus.example']),
      write: await loadLetterWriter(),
      mapping: nameOf(await loadMapping('medvri')),
    });
    const connectors = {
      ...bench.delivering.connectors,
      mllp: mllpConnector({
        ...{ allowedHosts: new Set([mute.host]), write: hl7v2.format.fromFeedback, mapping: nameOf(hl7v2) },
      }),
      medvri,
    };
    const journey = await bench.reported(nextNumber(), 'zuidrand');
    await bench.round({ connectors });
    expect(await rowsOf(journey)).toMatchObject([{ state: 'pending', code: 'connection-lost' }]);
    await longAgo(journey);
    await again({ connectors });
    await bench.round({ connectors });
    medvri.close();
    await mute.close();
    expect(await waysOf(journey)).toEqual([
      ['practice:zuidrand', 'abandoned', 'fallback'],
      ['practice:zuidrand/postbus-zuidrand', 'landed', 'transport'],
    ]);
    const { rows: written } = await bench.at.owner.query<{ mapping: string | null }>(
      `select split_part(a.mapping, '@', 1) as mapping from attempt a join delivery d on d.id = a.delivery_id
        where d.journey_id = $1 and d.kind = 'feedback' order by a.began_at`,
      [journey],
    );
    expect(written.map(({ mapping }) => mapping)).toEqual(['hl7v2-ref', 'hl7v2-ref', 'medvri']);
    const mail = bench.mail.mails().at(-1);
    expect(mail?.to).toEqual(['zuidrand@postbus.example']);
    const edi = mail?.attachments[0];
    expect(edi?.filename).toMatch(/\.edi$/);
    const raw = Buffer.from(mail?.raw ?? '', 'base64').toString();
    for (const word of [canaries.family, canaries.birthDate, canaries.bsn, canaries.letter])
      expect(raw).not.toContain(word);
  });
});
