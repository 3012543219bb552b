import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Delivering, deliver } from '../src/delivery/deliver.ts';
import { takeLateAnswer } from '../src/delivery/late-answer.ts';
import { listenMllp, type MllpListener, usualMllp } from '../src/intake/mllp/listen.ts';
import { openLog } from '../src/log.ts';
import { loadMappings } from '../src/mapping/load.ts';
import { type Due, offerDue } from '../src/store/outbox/outbox.ts';
import { openTestLine, type TestLine } from './doubles/line.ts';
import { canaries, journeyOf, reportBack } from './doubles/made.ts';
import { giveMllp, type MllpHis, openMllpClient, openMllpHis } from './doubles/mllp.ts';
import { refMessage } from './doubles/ref.ts';

let line: TestLine;
let his: MllpHis;
let door: MllpListener;
let count = 0;

/** The practice's endpoint: both ways HL7 v2, from this machine. */
const endpoint = (channel: Record<string, string | number> = {}) => ({
  address: his.address,
  peer: { facility: '01990101', addressRange: '127.0.0.0/8' },
  channel: { application: 'VOORBEELDHIS', facility: '01990101', ...channel },
});

beforeAll(async () => {
  [line, his] = await Promise.all([openTestLine(), openMllpHis()]);
  const { store } = line.at;
  await giveMllp(store, 'de-brink', endpoint(), 'instead');
  line.mllpHosts.add(his.host);
  const { directory } = line;
  door = await listenMllp(
    {
      store,
      directory,
      mappings: await loadMappings(),
      log: openLog('silent'),
      answered: (...answer) => takeLateAnswer({ store, directory, random: () => 0.5 }, ...answer),
    },
    { ...usualMllp, host: '127.0.0.1', port: 0, messageBytesMax: 1_000_000 },
  );
});
afterAll(async () => {
  await door.close();
  await his.close();
  await line.close();
});
beforeEach(() => {
  his.behave = ['AA'];
});

async function exchange(message: string): Promise<string> {
  const client = await openMllpClient(door.port);
  client.send(message);
  const answer = await client.next();
  client.end();
  return answer;
}

/** A referral by MLLP, on the worklist, accepted and reported back; gives its journey. */
async function reported(): Promise<{ journey: string; letter: string; number: string }> {
  count += 1;
  const number = `V-walk-${count}`;
  expect(await exchange(refMessage({ controlId: `W${count}`, number }))).toContain(`MSA|AA|W${count}|`);
  await line.drain();
  const { rows } = await line.at.owner.query('select id from journey where practice_referral_id = $1', [number]);
  const journey = rows[0].id as string;
  return { journey, letter: await reportBack(line.at.store, journey), number };
}

/** One round of what is due, without a queue in between; attempts are short, so that silence is soon known. */
async function round(timeoutMs = 5_000): Promise<void> {
  const due: Due[] = [];
  await offerDue(line.at.store, async (jobs) => void due.push(...jobs));
  const delivering: Delivering = { ...line.delivering, timeoutMs };
  await Promise.all(due.map((job) => deliver(delivering, job)));
}

const dueNow = async () => {
  await line.at.owner.query(`update delivery set next_at = now() where state in ('pending', 'sent')`);
  await line.at.owner.query(
    `update destination set hold_until = null, open_until = null, breaker = 'closed', fails = 0, openings = 0`,
  );
};

async function feedback(journey: string) {
  const { rows } = await line.at.owner.query(
    `select state, proof, failure_code as code, attempts, extract(epoch from next_at - now())::float8 as "inSeconds"
       from delivery where journey_id = $1 and kind = 'feedback'`,
    [journey],
  );
  return rows[0] as { state: string; proof: string | null; code: string | null; attempts: number; inSeconds: number };
}

const controlIdOf = (message: string | undefined) => message?.split('\r')[0]?.split('|')[9] ?? '';

describe('there and back over MLLP', () => {
  test('the referral comes in, the letter goes back under its number, and AA lands it', async () => {
    const { journey, letter, number } = await reported();
    await line.drain();
    expect(await feedback(journey)).toMatchObject({ state: 'landed', proof: 'application', attempts: 1 });
    const sent = his.received.at(-1) ?? '';
    expect(sent).toContain(`ORC|RE|${number}^VOORBEELDHIS|KL-`);
    expect(sent).toContain('PID|1||P-77^^^VOORBEELDHIS^PI||Kanariegeel - Zoekmij^Quirijntje Q^^^^^L||19510412');
    expect(sent).toContain(canaries.letter);
    expect(sent).not.toContain(canaries.bsn);
    const { communications, serviceRequest } = await journeyOf(line.at.store, journey);
    expect(communications.find((one) => one.resource.id === letter)?.resource).toMatchObject({
      status: 'completed',
      received: expect.any(String),
    });
    expect(serviceRequest.resource.status).toBe('completed');
  });

  test('silence: the same bytes under the same control id, until it answers; filed once', async () => {
    const { journey } = await reported();
    his.behave = 'silent';
    await round(100);
    expect(await feedback(journey)).toMatchObject({ state: 'pending', code: 'timeout', attempts: 1 });
    await dueNow();
    await round(100);
    const before = his.received.length;
    his.behave = ['AA'];
    await dueNow();
    await round();
    expect(await feedback(journey)).toMatchObject({ state: 'landed', proof: 'application', attempts: 3 });
    expect(his.received.length).toBe(before + 1);
    expect(new Set(his.received.slice(-3)).size).toBe(1);
    expect(his.filed.has(controlIdOf(his.received.at(-1)))).toBe(true);
  });

  test('AE is held for a person, who can send it again under the same control id', async () => {
    const { journey, letter } = await reported();
    his.behave = ['AE'];
    await round();
    expect(await feedback(journey)).toMatchObject({ state: 'held', code: 'rejected' });
    const { communications } = await journeyOf(line.at.store, journey);
    expect(communications.find((one) => one.resource.id === letter)?.resource.status).toBe('in-progress');
    const first = his.received.at(-1);
    const { rows } = await line.at.owner.query(
      `select id::text from delivery where journey_id = $1 and kind = 'feedback'`,
      [journey],
    );
    const retry = { to: 'retry' as const, id: rows[0].id as string };
    expect(
      (await line.at.store.commit({ scope: { practice: 'de-brink' }, journey, deliveries: [retry], audit: [] })).ok,
    ).toBe(true);
    his.behave = ['AA'];
    await dueNow();
    await round();
    expect(await feedback(journey)).toMatchObject({ state: 'landed' });
    expect(his.received.at(-1)).toBe(first);
  });

  test('AR is tried again, unless the directory says that it is a no', async () => {
    const { journey } = await reported();
    his.behave = ['AR'];
    await round();
    expect(await feedback(journey)).toMatchObject({ state: 'pending', code: 'receiver-fault' });
    await giveMllp(line.at.store, 'de-brink', endpoint({ onReject: 'hold' }), 'instead');
    await dueNow();
    await round();
    expect(await feedback(journey)).toMatchObject({ state: 'held', code: 'rejected' });
    await giveMllp(line.at.store, 'de-brink', endpoint(), 'instead');
  });

  test('CA and then AA, on the same connection', async () => {
    const { journey } = await reported();
    his.behave = ['CA'];
    const arrived = his.arrived();
    const delivering = round();
    await arrived;
    his.answer('AA');
    await delivering;
    expect(await feedback(journey)).toMatchObject({ state: 'landed', proof: 'application', attempts: 1 });
  });

  test('CA alone is received, not landed; past the deadline it goes again, and AA then lands it once', async () => {
    const { journey, letter } = await reported();
    his.behave = ['CA'];
    await round(100);
    const waiting = await feedback(journey);
    expect(waiting).toMatchObject({ state: 'sent', proof: 'transport' });
    // The channel's deadline, of which the directory says nothing here: half an hour.
    expect(waiting.inSeconds).toBeGreaterThan(1_700);
    const { communications } = await journeyOf(line.at.store, journey);
    expect(communications.find((one) => one.resource.id === letter)?.resource.status).toBe('in-progress');
    await round(100);
    expect(await feedback(journey)).toMatchObject({ state: 'sent', attempts: 1 });
    his.behave = ['CA', 'AA'];
    await dueNow();
    await round();
    expect(await feedback(journey)).toMatchObject({ state: 'landed', proof: 'application', attempts: 2 });
    expect(his.received.at(-1)).toBe(his.received.at(-2));
  });

  test('after CA the application’s answer may come on a connection of its own', async () => {
    const { journey, letter } = await reported();
    his.behave = ['CA'];
    await round(100);
    const controlId = controlIdOf(his.received.at(-1));
    const late = (code: string, to: string) =>
      `MSH|^~\\&|VOORBEELDHIS|01990101|KORTELIJN||20261210||ACK^R01^ACK|L${code}|P|2.5|||AL|NE\rMSA|${code}|${to}\r`;
    expect(await exchange(late('AA', 'ABCDEFGHIJKLMNOPQRST'))).toContain('MSA|CE|LAA|');
    expect(await feedback(journey)).toMatchObject({ state: 'sent' });
    expect(await exchange(late('AA', controlId))).toContain('MSA|CA|LAA');
    expect(await feedback(journey)).toMatchObject({ state: 'landed', proof: 'application' });
    const { communications } = await journeyOf(line.at.store, journey);
    expect(communications.find((one) => one.resource.id === letter)?.resource.status).toBe('completed');
    // Said twice it is still so, and a no that comes after a yes changes nothing.
    expect(await exchange(late('AE', controlId))).toContain('MSA|CA|LAE');
    expect(await feedback(journey)).toMatchObject({ state: 'landed' });
    const refused = await line.at.owner.query(`select count(*) as n from refused where 'unknown-message' = any(codes)`);
    expect(Number(refused.rows[0].n)).toBe(0);
  });

  test('a late AE is held; one from another practice is nobody’s', async () => {
    const { journey } = await reported();
    his.behave = ['CA'];
    await round(100);
    const controlId = controlIdOf(his.received.at(-1));
    await giveMllp(
      line.at.store,
      'zuidrand',
      { peer: { facility: '01990102', addressRange: '127.0.0.0/8' } },
      'beside',
    );
    const late = (facility: string) =>
      `MSH|^~\\&|H|${facility}|K||20261210||ACK|L1|P|2.5|||AL|NE\rMSA|AE|${controlId}\r`;
    expect(await exchange(late('01990102'))).toContain('MSA|CE|L1|');
    expect(await feedback(journey)).toMatchObject({ state: 'sent' });
    expect(await exchange(late('01990101'))).toContain('MSA|CA|L1');
    expect(await feedback(journey)).toMatchObject({ state: 'held', code: 'rejected' });
  });

  test('where the directory says that nothing better than CA comes, CA lands it', async () => {
    await giveMllp(line.at.store, 'de-brink', { ...endpoint(), bestProof: 'transport' }, 'instead');
    const { journey } = await reported();
    his.behave = ['CA'];
    await line.drain();
    expect(await feedback(journey)).toMatchObject({ state: 'landed', proof: 'transport' });
    await giveMllp(line.at.store, 'de-brink', endpoint(), 'instead');
  });
});
