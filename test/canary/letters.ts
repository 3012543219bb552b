import { expect } from 'vitest';
import { readMail } from '../../demo/mail-text.ts';
import { canaries, journeyOf, reportBack, until } from '../doubles/made.ts';
import { takenUp } from './outsiders.ts';
import { absentFrom, foundIn } from './words.ts';
import type { World } from './world.ts';

/** Waits until the letter of a journey, wherever it goes, is in one of these states. */
async function becomes({ owner }: World, journey: string, ...states: readonly string[]): Promise<void> {
  let seen: unknown;
  await until('the letter is on its way', async () => {
    const { rows } = await owner.query<{ state: string }>(
      `select destination, state, failure_code, reason from delivery where kind = 'feedback' and journey_id = $1 order by id desc`,
      [journey],
    );
    seen = rows;
    return rows.some(({ state }) => states.includes(state));
  }).catch(() => expect([states, seen]).toBe('reached'));
}

/** The Wally reports back on her page, in words that stand nowhere else. */
async function reported(world: World, practice: string, number: string): Promise<string> {
  const { id, wally } = await takenUp(world, practice, number);
  const fields = {
    version: String((await journeyOf(world.store, id)).task.version),
    contact: 'made',
    contactOn: world.store.clock().toISOString().slice(0, 10),
    firstLine: canaries.letter,
    plan: `${canaries.reason}. ${canaries.question}.`,
    'outcome-loneliness': 'led-on',
    residentAgreed: 'yes',
    final: 'final',
  };
  const preview = await wally.post(`/worklist/${id}/report`, { ...fields, step: 'preview' });
  expect(absentFrom(preview.text, canaries.letter)).toEqual([]);
  const sent = await wally.post(`/worklist/${id}/report`, { ...fields, step: 'send' });
  expect([sent.status, sent.location]).toEqual([303, `/worklist/${id}?done=closed`]);
  return id;
}

/** Back by FHIR: to a system that breaks with all it was sent, then never answers, then files it. */
export async function backByFhir(world: World, journey: string): Promise<void> {
  const { practice, owner, store } = world;
  const posts = () => practice.asked.filter((one) => one.method === 'POST').length;
  practice.mode = 'broken';
  await reportBack(store, journey);
  await until('it was sent', () => posts() > 0);
  practice.mode = 'never';
  const before = practice.asked.length;
  await until('it was asked for', () => practice.asked.length > before);
  await until('and not answered in time', async () => {
    const { rows } = await owner.query(`select 1 from attempt where failure_code = 'timeout'`);
    return rows.length > 0;
  });
  practice.mode = 'well';
  await becomes(world, journey, 'sent', 'landed');
  expect(absentFrom(practice.asked.map((one) => one.body).join(''), canaries.letter)).toEqual([]);
}

/** Back by MLLP: a system that refuses with all it knows, one that hangs up, and one that takes it. Gives the one that was refused. */
export async function backByMllp(world: World): Promise<string> {
  const { mllp } = world;
  mllp.saying = Object.values(canaries).join(' ');
  mllp.behave = ['AE'];
  const refused = await reported(world, 'zuidrand', 'C-mllp-no');
  await becomes(world, refused, 'held');
  mllp.saying = undefined;
  mllp.behave = 'hangs-up';
  const before = mllp.received.length;
  const taken = await reported(world, 'zuidrand', 'C-mllp-yes');
  await until('it was sent', () => mllp.received.length > before);
  mllp.behave = ['AA'];
  await becomes(world, taken, 'landed');
  const letter = mllp.received.at(-1) ?? '';
  expect(absentFrom(letter, canaries.family, canaries.letter)).toEqual([]);
  return refused;
}

/** Back by mailbox: a server that refuses with all it knows, and one that takes it. Content is in the one attachment and nowhere else. */
export async function backByMailbox(world: World): Promise<void> {
  const { mailbox } = world;
  mailbox.mode = 'broken';
  const refused = await reported(world, 'aan-de-kade', 'C-edi-no');
  await becomes(world, refused, 'held');
  mailbox.mode = 'well';
  const taken = await reported(world, 'aan-de-kade', 'C-edi-yes');
  await becomes(world, taken, 'landed');
  const raw = mailbox.taken.at(-1) ?? '';
  const { subject, text, attachments } = readMail(Buffer.from(raw, 'latin1'));
  expect(attachments).toHaveLength(1);
  const letter = attachments[0]?.bytes.toString('latin1') ?? '';
  expect(absentFrom(letter, canaries.family, canaries.letter)).toEqual([]);
  expect([subject, text, attachments[0]?.filename].map((one) => foundIn(one ?? ''))).toEqual([[], [], []]);
  // Its headers too; the letter itself stands below, as base64.
  expect(foundIn(raw.slice(0, raw.indexOf('\r\n\r\n')))).toEqual([]);
}
