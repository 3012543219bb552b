import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMail } from '../demo/mail-text.ts';
import { readJourney } from '../src/store/referrals.ts';
import {
  administratorLooks,
  administratorTypes,
  alarmsLeave,
  glassIsBroken,
  machinesLook,
} from './canary/administrator.ts';
import { everyDoor, jsonDoor } from './canary/doors.ts';
import { backByFhir, backByMailbox, backByMllp } from './canary/letters.ts';
import { doorsWithoutReferral, laterDoors } from './canary/more-doors.ts';
import { onwardByLink, questionAboutNobody, questionByLink } from './canary/outsiders.ts';
import { dump, filesWith } from './canary/places.ts';
import { heardFromCaseSystem, keptInCaseSystem, toldOfChanges } from './canary/systems.ts';
import { foundIn, words } from './canary/words.ts';
import { openWorld, type World } from './canary/world.ts';
import { until } from './doubles/made.ts';
import { redisMissing } from './doubles/redis.ts';

let world: World;
let journeys: string[] = [];
/** A journey whose letter was refused by a system that said all it knew. */
let refused = '';

beforeAll(async () => {
  world = await openWorld();
}, 120_000);
afterAll(() => world?.close());

/** A mail as a person reads it, and as it went. */
const wholeMail = (raw: string): string => {
  const bytes = Buffer.from(raw, 'base64');
  const { subject, text, attachments } = readMail(bytes);
  return [bytes.toString('latin1'), subject, text, ...attachments.map((one) => one.bytes.toString('latin1'))].join(
    '\n',
  );
};

describe('a name, a BSN, an address and a text that stand nowhere else', () => {
  test('come in by every door, and meet every failure', async () => {
    const { owner, mail } = world;
    mail.mode = 'permanent';
    await everyDoor(world);
    const { rows } = await owner.query<{ id: string; door: string }>(
      'select distinct on (journey_id) journey_id as id, door from inbound order by journey_id',
    );
    journeys = rows.map((row) => row.id);
    await laterDoors(world);
    await doorsWithoutReferral(world);
    expect([...new Set(rows.map((row) => row.door))].toSorted()).toEqual([
      'fhir',
      'fhir-stu3',
      'json',
      'maildrop',
      'mllp',
      'refer-form',
    ]);
    const noes = await owner.query<{ doors: string }>(
      `select string_agg(distinct door, ' ' order by door) as doors from refused`,
    );
    expect(noes.rows[0]?.doors).toBe('fhir fhir-stu3 json maildrop mllp');
    await until('a mail was refused', async () => {
      const { rows: held } = await owner.query(
        `select 1 from delivery where kind = 'notify' and failure_code is not null`,
      );
      return held.length > 0;
    });
    mail.mode = 'normal';
  }, 120_000);

  test('go back as feedback, through a system that breaks with all it knows, one that never answers, and one that files it', async () => {
    const { rows } = await world.owner.query<{ id: string }>(
      `select journey_id as id from inbound where door = 'json' limit 1`,
    );
    await backByFhir(world, rows[0]?.id ?? '');
    await jsonDoor(world, 'C-later');
    await until('a mail went', () => world.mail.mails().length > 0);
  }, 120_000);

  test('are kept in a case system that breaks, and changes are told to a system that stops listening', async () => {
    await keptInCaseSystem(world);
    await toldOfChanges(world);
  }, 120_000);

  test('go to who has no account, by a link and a code, and into a question that should name nobody', async () => {
    await onwardByLink(world);
    await questionByLink(world);
    await questionAboutNobody(world);
  }, 120_000);

  test('go back by MLLP and by mailbox, where content is meant to go, to systems that refuse them too', async () => {
    refused = await backByMllp(world);
    await backByMailbox(world);
  }, 120_000);

  test('are looked at by an administrator, on pages, by command and through broken glass, and alarm the region', async () => {
    await heardFromCaseSystem(world);
    await glassIsBroken(world, refused);
    await administratorLooks(world);
    await administratorTypes(world);
    await alarmsLeave(world);
    await machinesLook(world);
  }, 180_000);

  test('none of them is in a log, a metric, an answer, a URL, a mail without content, the queue or a table', async () => {
    const { service, answers, practice, cases, subscriber, hook, collector, mail } = world;
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    const tables = await dump(world);
    const urls = [
      ...practice.asked.map((one) => `${one.path} ${JSON.stringify(one.headers)}`),
      ...cases.requests.map((one) => one.url),
    ];
    const notices = subscriber.heard.map(({ address, body }) => `${address} ${body}`);
    const places = new Map<string, string>([
      ['log', service.output()],
      ['metrics', metrics],
      ['urls and headers', urls.join('\n')],
      ['notices', notices.join('\n')],
      [
        'mails',
        mail
          .mails()
          .map((one) => wholeMail(one.raw))
          .join('\n'),
      ],
      ['alarms', hook.asked.map((one) => `${one.path} ${JSON.stringify(one.headers)} ${one.body}`).join('\n')],
      ['traces', collector.asked.map((one) => `${one.path} ${one.body}`).join('\n')],
      ...tables,
    ]);
    const told = [...answers.map(({ from, said }) => [from, said] as const), ...places];
    expect(told.flatMap(([name, text]) => foundIn(text).map((word) => `${word} in ${name}`))).toEqual([]);
    // There was something to look through everywhere.
    for (const name of [
      'log',
      'metrics',
      'urls and headers',
      'notices',
      'mails',
      'alarms',
      'traces',
      'kortelijn.document',
      'kortelijn.audit',
      'kortelijn.refused',
      'kortelijn.attempt',
    ])
      expect([name, (places.get(name)?.length ?? 0) > 100]).toEqual([name, true]);
    expect(answers.length).toBeGreaterThan(200);
  });

  test.skipIf(redisMissing)('none of them was ever said to Redis', () => {
    const text = world.queued.join('');
    expect(text).toMatch(/"(hset|hmset|evalsha|eval|xadd|lpush)"/i);
    expect(text.length).toBeGreaterThan(10_000);
    expect(foundIn(text)).toEqual([]);
  });

  test('none of them is in a file beside the tables: write-ahead log, temporary files, logs', () => {
    // What nobody is responsible for is put aside untouched, for a person.
    expect(filesWith(world.service.dataDir, new Set(['his', 'unknown', 'programs']))).toEqual([]);
  });

  test('the search can find them: they are there for who has the key, in every form that is looked for', async () => {
    for (const id of journeys)
      expect(foundIn(JSON.stringify(await readJourney(world.store, { kind: 'line' }, id)))).not.toEqual([]);
    for (const [name, word] of Object.entries(words)) {
      for (const text of [
        `x${word}y`,
        `=${word.toUpperCase()}`,
        encodeURIComponent(`a ${word} b`),
        Buffer.from(`=${word}=`).toString('hex'),
      ])
        expect([name, foundIn(text)]).toContainEqual(expect.arrayContaining([name]));
      for (const before of word.length < 9 ? [] : ['', 'a', 'ab', 'abc'])
        expect(foundIn(Buffer.from(`${before}${word}zzz`).toString('base64'))).toContain(name);
    }
  });
});
