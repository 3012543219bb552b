import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealAudit, verifyAudit } from '../src/store/audit.ts';
import { until } from './doubles/made.ts';
import {
  familyOf,
  type KillKind,
  type Ordeal,
  openOrdeal,
  patientOf,
  practices,
  type Sent,
  seeded,
} from './doubles/ordeal.ts';

const referrals = 100;
const more = 6;
const killsOfEach = 5;
const seed = Number(process.env.KILL_SEED ?? Math.trunc(Math.random() * 1_000_000));
const random = seeded(seed);

let ordeal: Ordeal;
let stopWallys: () => Promise<void>;
const sent: Sent[] = [];
beforeAll(async () => {
  console.log(`KILL_SEED=${seed}`);
  ordeal = await openOrdeal(referrals + more + 1);
  await ordeal.service.start();
  stopWallys = ordeal.startWallys();
});
afterAll(async () => {
  await stopWallys?.();
  await ordeal?.close();
});

/** Kills of each kind in an order the seed decides. */
function killPlan(kinds: readonly KillKind[], each: number): KillKind[] {
  const plan = kinds.flatMap((kind) => Array.from({ length: each }, () => kind));
  return plan
    .map((kind) => ({ kind, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ kind }) => kind);
}

let starting: Promise<unknown> = Promise.resolve();

/** One kill of this kind, whether the service is ready by then or not, and a new start; a moment that does not come is replaced by any. */
async function killOnce(kind: KillKind): Promise<void> {
  const { service } = ordeal;
  let over = false;
  let any: NodeJS.Timeout | undefined;
  const within = (ms: number) => {
    if (!over) any = setTimeout(() => ordeal.kill('random'), ms);
  };
  if (kind === 'random') within(200 + random() * 3_000);
  else {
    ordeal.arm(kind);
    void starting.then(() => within(20_000));
  }
  await service.ended();
  over = true;
  clearTimeout(any);
  // One that is killed half-way does not become ready.
  await starting;
  starting = service.start().catch((error: Error) => error);
}

const rowsOf = async <T extends object>(sql: string, values: unknown[] = []): Promise<T[]> => {
  const store = await ordeal.store();
  return (await store.pool.query<T>(sql, values)).rows;
};

async function drained(): Promise<void> {
  const all = sent.length;
  await until(
    `all ${all} have their feedback in the record`,
    async () => {
      const [row] = await rowsOf<{ landed: number; open: number }>(
        `select count(*) filter (where kind = 'feedback' and state = 'landed') as landed,
                count(*) filter (where state not in ('landed', 'abandoned')) as open from delivery`,
      );
      return row?.landed === all && row.open === 0;
    },
    60_000,
  );
}

/** Nothing lost, nothing twice: at the line, on the worklist, and in the records of the practices. */
async function expectWhole(): Promise<void> {
  const journeys = await rowsOf<{
    practice: string;
    number: string;
    promised: string;
    tasks: number;
    seen: number;
    owner: string | null;
  }>(
    `select j.practice_id as practice, j.practice_referral_id as number, j.number as promised,
            (select count(*) from resource r where r.journey_id = j.id and r.type = 'Task') as tasks,
            (select count(*) from worklist_entry v where v.journey_id = j.id) as seen, j.owner_id as owner from journey j`,
  );
  const key = (one: { practice: string; number: string }) => `${one.practice} ${one.number}`;
  expect(journeys.map(key).sort()).toEqual(sent.map(key).sort());
  const byKey = new Map(journeys.map((one) => [key(one), one]));
  for (const one of sent) expect(byKey.get(key(one))).toMatchObject({ promised: one.promised, tasks: 1, seen: 1 });
  for (const practice of practices) {
    const records = ordeal.his.records(practice);
    const own = sent.filter((one) => one.practice === practice);
    expect(ordeal.his.counts()[practice]).toMatchObject({ distinctIdentifiers: own.length, inbox: 0 });
    for (const one of own) {
      const letters = records.letters.all().filter((letter) => letter.referralId === one.number);
      expect(new Set(letters.map((letter) => letter.communication.identifier?.[0]?.value)).size).toBe(1);
      for (const letter of letters) {
        expect(letter).toMatchObject({ patientId: one.patientId, filedBy: 'itself' });
        expect(letter.communication.payload?.[0]?.contentString).toContain(one.number);
      }
    }
  }
}

const duplicates = () =>
  practices.reduce((sum, practice) => sum + (ordeal.his.counts()[practice]?.duplicateEffects ?? 0), 0);

test(`${referrals} referrals through ${3 * killsOfEach} kills: none lost, no effect twice, the trail whole`, {
  timeout: 600_000,
}, async () => {
  const began = performance.now();
  let free = 0;
  const permits: (() => void)[] = [];
  const release = (count: number) => {
    free += count;
    while (free > 0 && permits.length > 0) {
      free -= 1;
      permits.shift()?.();
    }
  };
  const clients = Array.from({ length: referrals }, async (_, nth) => {
    await new Promise<void>((resolve) => {
      permits.push(resolve);
      release(0);
    });
    sent.push(await ordeal.refer(nth));
  });
  const failed = Promise.all(clients);
  failed.catch(() => undefined);
  for (const kind of killPlan(['random', 'answer', 'effect'], killsOfEach)) {
    release(5);
    await killOnce(kind);
  }
  expect(await starting).toBeUndefined();
  release(referrals);
  await failed;
  await drained();
  const kills = Object.values(ordeal.kills).reduce((sum, count) => sum + count, 0);
  expect(kills).toBe(3 * killsOfEach);
  expect(ordeal.kills.answer).toBeGreaterThan(0);
  expect(ordeal.kills.effect).toBeGreaterThan(0);

  expect(sent).toHaveLength(referrals);
  await expectWhole();
  expect(duplicates()).toBe(0);
  // A notice without content may come twice (mail cannot be asked); it is the same mail then.
  const ids = ordeal.mail
    .mails()
    .map((mail) => /^Message-ID: (\S+)/m.exec(Buffer.from(mail.raw, 'base64').toString())?.[1]);
  expect(new Set(ids).size).toBe(referrals);

  const store = await ordeal.store();
  await until('the trail is sealed', async () => {
    await sealAudit(store);
    return (await verifyAudit(store)).unsealed === 0;
  });
  const trail = await verifyAudit(store);
  expect(trail.broken).toBeUndefined();
  const [lines] = await rowsOf<{ incomplete: number }>(
    `select count(*) as incomplete from journey j where
       (select count(*) from audit a where a.journey_id = j.id and a.line like '%"referral-received"%') <> 1
       or (select count(*) from audit a where a.journey_id = j.id and a.line like '%"delivery-landed"%') <> 3
       or (select count(*) from audit a where a.journey_id = j.id and a.line like '%"feedback-landed"%') <> 1`,
  );
  expect(lines?.incomplete).toBe(0);
  // What the service wrote down holds nobody's name.
  for (let nth = 0; nth < referrals; nth += 1) expect(ordeal.service.output()).not.toContain(familyOf(nth));
  const [attempts] = await rowsOf<{ all: number; again: number; open: number }>(
    `select count(*) as all, count(*) filter (where number > 1) as again, count(*) filter (where ended_at is null) as open from attempt`,
  );
  const resent = sent.reduce((sum, one) => sum + one.tries - 1, 0);
  console.log(
    `${kills} kills (${JSON.stringify(ordeal.kills)}) in ${Math.round((performance.now() - began) / 1000)} s; ${resent} resends, ` +
      `${attempts?.all} attempts of which ${attempts?.again} again and ${attempts?.open} cut short, ${ids.length - referrals} notices twice, ${trail.lines} lines in the trail`,
  );
});

test('a practice that does not recognise a repeat gets each letter once all the same: the line asks first', {
  timeout: 600_000,
}, async () => {
  ordeal.his.switches.set({ deduplicates: false });
  const before = duplicates();
  const kills = ordeal.kills.effect;
  const clients = Array.from({ length: more }, async (_, nth) => void sent.push(await ordeal.refer(referrals + nth)));
  for (let nth = 0; nth < 2; nth += 1) await killOnce('effect');
  expect(await starting).toBeUndefined();
  await Promise.all(clients);
  await drained();
  await expectWhole();
  expect(ordeal.kills.effect).toBeGreaterThan(kills);
  expect(duplicates() - before).toBe(0);

  // What cannot be had: a request that is still on its way when the practice is asked, and says that it has nothing.
  const last = referrals + more;
  const practice = practices[last % practices.length] ?? 'de-brink';
  ordeal.toHis.holdMs = (bytes) => (bytes.toString('latin1', 0, 5) === 'POST ' ? 2_500 : 0);
  sent.push(await ordeal.refer(last));
  const letters = () =>
    ordeal.his
      .records(practice)
      .letters.all()
      .filter((one) => one.patientId === patientOf(last));
  await until('a late one has its effect after another', () => letters().length > 1, 40_000);
  ordeal.toHis.holdMs = () => 0;
  await drained();
  const late = duplicates() - before;
  expect(letters()).toHaveLength(late + 1);
  console.log(
    `without the receiver's help: 0 effects twice after ${ordeal.kills.effect - kills} kills; ${late} twice by a request that arrived after the question`,
  );
});
