import { readdir, readFile } from 'node:fs/promises';
import { Hl7Message } from '@medplum/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixturesFolder } from '../scripts/fixture-case.ts';
import { fixtureChannel, fromWire, type MllpFixture, mllpCaseNames, readMllpFixture } from '../scripts/fixture-mllp.ts';
import { openWorld, type World } from '../scripts/fixture-world.ts';
import { takeLateAnswer } from '../src/delivery/late-answer.ts';
import { accept } from '../src/feedback/moves.ts';
import { report } from '../src/feedback/report.ts';
import { normalisePhone, validBsn } from '../src/fhir/identifiers.ts';
import { listenMllp, type MllpListener, usualMllp } from '../src/intake/mllp/listen.ts';
import { openLog } from '../src/log.ts';
import { loadMappings } from '../src/mapping/load.ts';
import { openAlarms } from '../src/store/lists/lists.ts';
import { openTestLine, type TestLine } from './doubles/line.ts';
import { committed, journeyOf, notRefused } from './doubles/made.ts';
import { giveMllp, type MllpHis, openMllpClient, openMllpHis } from './doubles/mllp.ts';

const names = await mllpCaseNames();
const fixtures = await Promise.all(names.map(readMllpFixture));
const each = fixtures.map((one) => [one.name, one] as const);

async function filesOf(name: string): Promise<Map<string, string>> {
  const folder = new URL(`${name}/`, fixturesFolder);
  const files = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(new URL(file, folder), 'utf8')] as const)),
  );
}

const codesOf = (text: string | undefined) => [...(text ?? '').matchAll(/^MSA\|(\w\w)/gm)].map((found) => found[1]);

let world: World | undefined;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

describe.each(each)('%s', (name, fixture) => {
  let files: Map<string, string>;
  beforeAll(async () => {
    files = await filesOf(name);
  });

  test('every stage is what the code gives today; read and regenerate with npm run fixtures', async () => {
    const made = (await world?.mllpStagesOf(fixture)) ?? [];
    const kept = [...files].filter(([file]) => file !== 'case.json' && !/^[04]-/.test(file));
    expect(Object.fromEntries(kept)).toEqual(Object.fromEntries(made));
    const isTaken = fixture.expected.outcome === 'accepted';
    expect([...files.keys()].some((file) => file.startsWith('2-'))).toBe(isTaken);
    expect(fixture.answeredAt).toHaveLength(fixture.answers.length);
  });

  test('it is answered as expected, with a place and a sentence for everything that is wrong', () => {
    const { outcome, codes, again } = fixture.expected;
    expect(codesOf(files.get(outcome === 'accepted' ? '2-answer.hl7' : '1-refused.hl7'))).toEqual(codes);
    if (again)
      expect(codesOf(files.get(again.outcome === 'same' ? '2-answer-again.hl7' : '1-refused-again.hl7'))).toEqual(
        again.codes,
      );
    for (const [, text] of [...files].filter(([file]) => file.startsWith('1-refused'))) {
      const errors = Hl7Message.parse(text.trim().replaceAll('\n', '\r')).getAllSegments('ERR');
      expect(errors).not.toHaveLength(0);
      for (const error of errors) {
        expect(error.getField(2).toString()).toMatch(/^[A-Z][A-Z0-9]{2}\^\d/);
        expect(error.getField(3).toString()).toMatch(/^\d{3}\^.+\^HL70357$/);
        expect(error.getField(8).toString()).toMatch(/\.$/);
      }
    }
  });

  test('the BSN stands in what the practice sent and in our record, and nowhere else', () => {
    const bsn = /(\d{9})\^\^\^NLMINBIZA/.exec(fixture.received)?.[1];
    for (const [file, text] of files) {
      if (bsn && !/^(0-|1-referral|2-bundle)/.test(file))
        expect({ file, has: text.includes(bsn) }).toEqual({ file, has: false });
    }
  });

  test('no number in it can be anybody’s', () => {
    for (const text of files.values()) {
      for (const [bsn] of text.matchAll(/(?<![\d-])\d{9}(?![\d-])/g))
        expect({ bsn, invented: !validBsn(bsn) || /^(9999\d{5}|123456782|111222333)$/.test(bsn) }).toEqual({
          bsn,
          invented: true,
        });
      for (const [mail] of text.matchAll(/[\w.-]+@[\w.-]+/g)) expect(mail).toMatch(/\.example$/);
      for (const [, postcode] of text.matchAll(/[\^"](\d{4} ?[A-Z]{2})[\^"]/g)) expect(postcode).toMatch(/^8299/);
      for (const [phone] of text.matchAll(/(?<![\d-])0\d{1,3}[ -][\d ]{6,10}(?!\d)/g)) {
        const dialled = normalisePhone(phone);
        if (dialled) expect(dialled).toMatch(/^(060000\d{4}|099\d{7}|0570000\d{3})$/);
      }
    }
  });
});

describe('the walk over real sockets', () => {
  let line: TestLine;
  let his: MllpHis;
  let door: MllpListener;
  beforeAll(async () => {
    [line, his] = await Promise.all([openTestLine(), openMllpHis()]);
    line.mllpHosts.add(his.host);
    const { store } = line.at;
    const { directory } = line;
    const random = () => 0.5;
    door = await listenMllp(
      {
        store,
        directory,
        mappings: await loadMappings(),
        log: openLog('silent'),
        answered: (...answer) => takeLateAnswer({ store, directory, random }, ...answer),
      },
      { ...usualMllp, host: '127.0.0.1', port: 0, messageBytesMax: 1_000_000 },
    );
  });
  afterAll(async () => {
    await door.close();
    await his.close();
    await line.close();
  });

  /** What two runs may differ in: ids and numbers of our own, and the moment of an answer. */
  const comparable = (text: string) =>
    text
      .replaceAll(/KL-\w{5}-\w{5}/g, 'KL-number')
      .replaceAll(/^(MSH(?:\|[^|\n]*){5}\|)[^|\n]*(\|\|(?:ACK|RRI)[^|]*\|)[^|\n]*/gm, '$1at$2id')
      .replaceAll(/^(MSH(?:\|[^|\n]*){7}\|ORU[^|]*\|)[^|\n]*/gm, '$1id');

  async function endpointOf(fixture: MllpFixture) {
    const facility = (await line.directory()).practices.get(fixture.practice)?.agb ?? '';
    const { application, charset, version } = fixtureChannel(facility);
    const { agreement } = fixture;
    await giveMllp(
      line.at.store,
      fixture.practice,
      {
        address: his.address,
        peer: { facility, addressRange: '127.0.0.1/32' },
        channel: { application, facility, charset, version },
        ...(agreement && { agreement }),
      },
      'instead',
    );
  }

  async function answersTo(message: string, count: number): Promise<string> {
    const client = await openMllpClient(door.port);
    client.send(message);
    const answers: string[] = [];
    for (let n = 0; n < count; n += 1) answers.push(Buffer.from(await client.next(), 'latin1').toString('utf8'));
    client.end();
    return fromWire(answers);
  }

  test.each(each)('%s', async (name, fixture) => {
    const { store } = line.at;
    const files = await filesOf(name);
    const { expected } = fixture;
    line.at.now = new Date(fixture.now);
    await endpointOf(fixture);
    const before = await line.at.owner.query('select id from journey');
    const said = await answersTo(fixture.received, expected.codes.length);
    expect(comparable(said)).toBe(comparable(files.get('2-answer.hl7') ?? files.get('1-refused.hl7') ?? ''));
    if (fixture.again && expected.again) {
      const again = await answersTo(fixture.again, expected.again.codes.length);
      expect(comparable(again)).toBe(
        comparable(files.get('2-answer-again.hl7') ?? files.get('1-refused-again.hl7') ?? ''),
      );
    }
    const { rows } = await line.at.owner.query('select id from journey where not id = any($1)', [
      before.rows.map((row) => row.id),
    ]);
    expect(rows).toHaveLength(expected.referrals);
    const id = rows[0]?.id as string | undefined;
    if (!id) return;
    await line.drain();
    const journey = await journeyOf(store, id);
    expect(journey.index).toMatchObject({
      owner: expected.owner,
      route: expected.route,
      unsafeContact: expected.unsafeContact,
    });
    const alarms = (await openAlarms(store, 'voorbeeldstreek'))
      .filter((one) => one.journey === id)
      .map((one) => one.kind);
    expect(alarms).toEqual(expected.alarms);
    const sent = his.received.length;
    for (const [n, answer] of fixture.answers.entries()) {
      line.at.now = new Date(fixture.answeredAt[n] ?? '');
      const acting = async () => {
        const now = await journeyOf(store, id);
        const owner = now.index.owner ?? '';
        const actor = { id: owner, name: owner, role: 'wally' as const, organization: now.index.team };
        return { journey: now, by: { actor, now: line.at.now, newId: store.newId, directory: await line.directory() } };
      };
      if (n === 0) {
        const { journey: now, by } = await acting();
        await committed(store, notRefused(accept(now, by)));
      }
      const { journey: now, by } = await acting();
      await committed(store, notRefused(report(now, answer, by)));
      await line.drain();
    }
    const arrived = his.received.slice(sent).map((one) => Buffer.from(one, 'latin1').toString('utf8'));
    expect(comparable(fromWire(arrived))).toBe(comparable(files.get('6-sent.hl7') ?? ''));
    expect((await journeyOf(store, id)).communications.map((one) => one.resource.status)).toEqual(
      fixture.answers.map(() => 'completed'),
    );
  });
});

test('each case has its own numbers within its practice', () => {
  const taken = fixtures.filter((one) => one.expected.outcome === 'accepted');
  const field = (message: string, segment: string, n: number) =>
    message
      .split('\r')
      .find((one) => one.startsWith(segment))
      ?.split('|')
      [n]?.split('^')[0];
  for (const [segment, n] of [
    ['RF1', 6],
    ['MSH', 9],
  ] as const)
    expect(new Set(taken.map((one) => `${one.practice} ${field(one.received, segment, n)}`)).size).toBe(taken.length);
});
