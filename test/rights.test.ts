import type { Bundle } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { erase, give, note, putTogether, type Rights, search, setHold, stop } from '../scripts/rights/acts.ts';
import { overseeClocks } from '../src/delivery/overdue.ts';
import { end } from '../src/feedback/ending.ts';
import { leftOut, type RedactionItem } from '../src/feedback/personal-file.ts';
import { validateBaseR4 } from '../src/fhir/validate.ts';
import { openLog } from '../src/log.ts';
import type { Referral } from '../src/referral/referral.ts';
import { directoryReader } from '../src/store/directory.ts';
import { readKeeping } from '../src/store/keeping.ts';
import { openAlarms } from '../src/store/lists/lists.ts';
import { readJourney } from '../src/store/referrals.ts';
import { ContentErased } from '../src/store/store.ts';
import { loadTestRegion, openTestStore, type TestStore } from './doubles/database.ts';
import { canaries, committed, journeyOf, notRefused, ownerOf, referralOf, reportBack, takeIn } from './doubles/made.ts';

let at: TestStore;
let rights: Rights;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  rights = { store: at.store, reference: 'Z-2026-7', by: 'fg-voorbeeld' };
});
afterAll(async () => {
  await at.close();
});

let nth = 0;
async function referred(practice = 'de-brink', referral: Partial<Referral> = {}) {
  nth += 1;
  const journey = await takeIn(at.store, { number: `rights-${nth}`, practice, referral });
  const [keeping] = await readKeeping(at.store, [journey]);
  return { journey, number: keeping?.number ?? '' };
}
const other = (bsn: string): Partial<Referral> => ({ patient: { ...referralOf('x').patient, bsn } });
const trail = async (journey: string | null) =>
  (
    await at.owner.query<{ line: string }>(
      `select line from audit where journey_id is not distinct from $1 order by recorded_at, id`,
      [journey],
    )
  ).rows.map((row) => JSON.parse(row.line) as { event: string; code?: string; object?: string; actor: { id: string } });
async function ended(journey: string): Promise<void> {
  const found = await journeyOf(at.store, journey);
  const acting = {
    actor: ownerOf(found),
    now: at.store.clock(),
    newId: at.store.newId,
    directory: await directoryReader(at.store)(),
  };
  await committed(at.store, notRefused(end(found, 'moved', acting)));
  await at.owner.query(
    `update delivery set state = 'landed', landed_at = now() where journey_id = $1 and state <> 'abandoned'`,
    [journey],
  );
}
async function confirmed(journey: string): Promise<void> {
  const move = { to: 'transferred', at: at.now.toISOString(), by: 'wally-sanne' } as const;
  await committed(at.store, { scope: { practice: 'de-brink' }, journey, keeping: move, audit: [] });
}
const seen = (journey: string) =>
  at.owner.query(
    `insert into worklist_entry (practice_id, journey_id, task_id, assignment, owner_id, visible_at)
     select practice_id, id, task_id, assignment, owner_id, now() from journey where id = $1`,
    [journey],
  );

describe('finding a person', () => {
  const bsn = '111222333';
  test('by BSN, or by name, birth date and address together, in one practice; each search and find is in the trail', async () => {
    const mine = await referred('de-brink', other(bsn));
    const elsewhere = await referred('zuidrand', other(bsn));
    const found = await search(rights, { bsn }, { practice: 'de-brink' });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(mine.number);
    const { family, birthDate, postcode } = canaries;
    const identity = {
      family: family.toUpperCase(),
      birthDate,
      postcode: postcode.replace(' ', ''),
      houseNumber: '12',
    };
    expect((await search(rights, identity, { practice: 'zuidrand' })).join('\n')).toContain(elsewhere.number);
    expect(await search(rights, { ...identity, houseNumber: '13' }, { practice: 'zuidrand' })).toEqual([
      'nobody is found',
    ]);
    expect(await search(rights, { bsn: '999999990' }, { practice: 'de-brink' })).toEqual(['nobody is found']);
    expect(await trail(mine.journey)).toContainEqual(
      expect.objectContaining({
        event: 'person-found',
        code: 'own-practice bsn',
        object: 'request/Z-2026-7',
        actor: { id: 'fg-voorbeeld', role: 'administrator' },
      }),
    );
    const searched = (await trail(null)).filter((line) => line.event === 'person-searched');
    expect(searched).toHaveLength(4);
    const text = JSON.stringify(await trail(null)) + JSON.stringify(await trail(mine.journey));
    for (const word of [bsn, ...Object.values(canaries)]) expect(text).not.toContain(word);
  });

  test('in all practices only with one of the reasons, which the trail names', async () => {
    await expect(search(rights, { bsn }, { everywhere: 'curious' })).rejects.toThrow(/needs a reason/);
    const found = await search(rights, { bsn }, { everywhere: 'access-request' });
    expect(found).toHaveLength(2);
    expect((await trail(null)).at(-1)).toMatchObject({ event: 'person-searched', code: 'access-request bsn' });
  });
});

describe('H8: everything about one person', () => {
  const neighbour = 'Buurman Diederik Xylander dronk weer';
  const decide = (text: string, decisionOf: (item: RedactionItem) => unknown): string => {
    const list = JSON.parse(text) as { request: string; texts: RedactionItem[] };
    return JSON.stringify({ ...list, texts: list.texts.map((one) => ({ ...one, decision: decisionOf(one) })) });
  };

  test('H8: is put together unread, and given out only when a person decided about every text', async () => {
    const { journey, number } = await referred('de-brink', { reason: neighbour });
    await reportBack(at.store, journey);
    const { files, said } = await putTogether(rights, [number]);
    const request = /^request (\S+):/.exec(said[0] ?? '')?.[1] ?? '';
    const bundle = files.get('bundle.json') ?? '';
    const list = files.get('redaction.json') ?? '';
    const texts = (JSON.parse(list) as { texts: RedactionItem[] }).texts;
    expect([...files.keys()]).toEqual(['bundle.json', 'redaction.json', 'wie-heeft-gekeken.csv']);
    for (const word of [neighbour, canaries.contactPerson, canaries.question])
      expect(texts.filter((one) => one.text.includes(word))).not.toEqual([]);
    expect(texts.every((one) => one.decision === null)).toBe(true);
    // What is the person's own is not for anybody to leave out.
    expect(texts.flatMap((one) => one.where).filter((one) => /^Patient\/\S+ (name|address|telecom)/.test(one))).toEqual(
      [],
    );
    expect(new Set(texts.map((one) => `${one.text}${one.file ? one.where : ''}`)).size).toBe(texts.length);
    for (const { resource } of (JSON.parse(bundle) as Bundle).entry ?? []) expect(validateBaseR4(resource)).toEqual([]);

    await expect(give(rights, request, { bundle, redaction: list })).rejects.toThrow(/r1: has no decision yet/);
    const isSaid = ({ text, file }: RedactionItem) =>
      file === true || text.includes(neighbour) || text.includes(canaries.contactPerson);
    const decided = decide(list, (one) => (isSaid(one) ? 'remove' : 'keep'));
    const fewer = JSON.stringify({ ...JSON.parse(decided), texts: JSON.parse(decided).texts.slice(1) });
    await expect(give(rights, request, { bundle, redaction: fewer })).rejects.toThrow(/r1: is gone/);
    await expect(give(rights, request, { bundle: `${bundle} `, redaction: decided })).rejects.toThrow(/another than/);
    expect((await trail(journey)).map((line) => line.event)).not.toContain('access-given');

    const given = await give(rights, request, { bundle, redaction: decided });
    const all = [...given.files.values()].join('\n');
    expect(all).toContain(leftOut);
    expect(all).toContain(canaries.question);
    expect(all).toContain(canaries.family);
    for (const word of [neighbour, canaries.contactPerson, Buffer.from(neighbour).toString('base64').slice(4, -8)])
      expect(all).not.toContain(word);
    expect(given.files.get('overzicht.html')).not.toContain('<script');
    expect(given.files.get('wie-heeft-gekeken.csv')).toContain('access-put-together');
    expect((await trail(journey)).map((line) => line.event)).toContain('access-given');
    await expect(give(rights, request, { bundle, redaction: decided })).rejects.toThrow(/was given/);
  });

  test('H8: a text that was removed in one place and still stands in another is not given out', async () => {
    const { number } = await referred('de-brink', {
      reason: 'Diederik',
      residentQuestion: 'Wil Diederik niet meer zien',
    });
    const { files, said } = await putTogether(rights, [number]);
    const request = /^request (\S+):/.exec(said[0] ?? '')?.[1] ?? '';
    const redaction = decide(files.get('redaction.json') ?? '', (one) => (one.text === 'Diederik' ? 'remove' : 'keep'));
    await expect(give(rights, request, { bundle: files.get('bundle.json') ?? '', redaction })).rejects.toThrow(
      /still stands/,
    );
    const replaced = decide(files.get('redaction.json') ?? '', (one) =>
      one.file
        ? 'remove'
        : one.text.includes('Diederik')
          ? { replace: one.text.replaceAll('Diederik', 'iemand') }
          : 'keep',
    );
    const given = await give(rights, request, { bundle: files.get('bundle.json') ?? '', redaction: replaced });
    expect([...given.files.values()].join('')).not.toContain('Diederik');
    expect(given.files.get('overzicht.html')).toContain('Wil iemand niet meer zien');
  });

  test('of what was erased the trail is left: who looked', async () => {
    const { journey, number } = await referred();
    await ended(journey);
    await confirmed(journey);
    await erase(rights, [number], false);
    const { files, said } = await putTogether(rights, [number]);
    expect(said[0]).toContain('(1 erased), 0 resources');
    expect(files.get('wie-heeft-gekeken.csv')).toContain('content-erased');
  });
});

describe('erasing', () => {
  test('H16: not while it is open, held, or the only copy that is known; then the key is gone and nobody is found by it', async () => {
    const { journey, number } = await referred('de-brink', other('999990019'));
    await seen(journey);
    await expect(erase(rights, [number], true)).rejects.toThrow(/still open/);
    await ended(journey);
    await expect(erase(rights, [number], false)).rejects.toThrow(/own record/);
    await setHold({ ...rights, reference: 'Z-9' }, [number], true);
    await expect(erase(rights, [number], true)).rejects.toThrow(/is held \(Z-9\)/);
    await setHold(rights, [number], false);
    await confirmed(journey);
    // Something that waited for somebody goes too: nobody could read what it is about.
    await at.owner.query(
      `insert into clock (practice_id, journey_id, kind, due_on, next_on) values ('de-brink', $1, 'confirm', '2026-11-20', '2026-11-21')`,
      [journey],
    );
    await at.owner.query(
      `insert into alarm (practice_id, journey_id, kind, team_id, raised_at) values ('de-brink', $1, 'call-practice', 'voorbeeldstreek', now())`,
      [journey],
    );
    expect(await erase(rights, [number], false)).toEqual([
      `${number} erased; the trail and events without content stay`,
    ]);
    await expect(readJourney(at.store, { kind: 'line' }, journey)).rejects.toThrow(ContentErased);
    const overseeing = { store: at.store, directory: directoryReader(at.store), log: openLog('silent') };
    expect(await overseeClocks(overseeing)).toBe(0);
    expect((await openAlarms(at.store, 'voorbeeldstreek')).map((one) => one.journey)).not.toContain(journey);
    expect((await search(rights, { bsn: '999990019' }, { practice: 'de-brink' })).join()).not.toContain(number);
    await expect(erase(rights, [number], true)).rejects.toThrow(/before/);
    expect((await trail(journey)).map((line) => line.event)).toEqual(
      expect.arrayContaining(['hold-set', 'hold-released', 'content-erased']),
    );
  });

  test('leaves the copy of another practice', async () => {
    const bsn = '123456782';
    const [one, two] = [await referred('de-brink', other(bsn)), await referred('zuidrand', other(bsn))];
    await ended(one.journey);
    expect(await erase(rights, [one.number], true)).toHaveLength(1);
    expect((await journeyOf(at.store, two.journey)).id).toBe(two.journey);
  });
});

test('H10: consent withdrawn by command ends the work, is noted with where the request is filed, and lists what went out', async () => {
  const { journey, number } = await referred();
  await at.owner.query(
    `update delivery set state = 'landed', landed_at = now(), first_sent_at = '2026-11-23' where journey_id = $1 and kind = 'notify'`,
    [journey],
  );
  await expect(stop(rights, [number], 'gp-vanleeuwen')).rejects.toThrow(/team lead or a Wally/);
  await expect(stop(rights, [number], 'wally-joost')).rejects.toThrow(number);
  const said = await stop(rights, [number], 'lead-marijke');
  expect(said[0]).toBe(`${number} has ended`);
  expect(said[1]).toMatch(/cannot be recalled: notify to \S+, 2026-11-23/);
  expect((await journeyOf(at.store, journey)).consent.resource.status).toBe('inactive');
  expect((await trail(journey)).at(-1)).toMatchObject({ object: 'request/Z-2026-7' });
});

test('an objection is noted, and says who decides', async () => {
  const { journey, number } = await referred();
  expect(await note(rights, [number])).toEqual([expect.stringContaining('team lead decides')]);
  const [keeping] = await readKeeping(at.store, [journey]);
  expect(keeping?.objectedAt).toEqual(at.now);
});
