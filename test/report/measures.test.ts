import { describe, expect, test } from 'vitest';
import type { PastEvent } from '../../src/referral/past-event.ts';
import { measuresOf, median, quarterDays } from '../../src/report/measures.ts';
import { figuresText } from '../../src/report/print.ts';
import { quarterFigures } from '../../src/report/quarter.ts';

const days = { from: '2026-10-01', to: '2026-12-31' };

function event(journey: string, kind: string, at: string, more: Partial<PastEvent> = {}): PastEvent {
  return {
    journey,
    practice: 'de-brink',
    kind,
    at: new Date(at),
    on: null,
    owner: null,
    team: 'voorbeeldstreek',
    outcome: null,
    ageBand: '65-79',
    lifeAreas: ['loneliness'],
    ...more,
  };
}

/** A referral that ran its whole way. */
const whole = (journey: string, owner = 'wally-sanne'): PastEvent[] => [
  event(journey, 'received', '2026-11-23T09:00:00Z'),
  event(journey, 'assigned', '2026-11-23T09:00:00Z', { owner }),
  event(journey, 'visible', '2026-11-23T09:01:00Z', { owner, ageBand: null, lifeAreas: null, team: null }),
  event(journey, 'opened', '2026-11-24T09:00:00Z', { owner }),
  event(journey, 'accepted', '2026-11-24T09:05:00Z', { owner }),
  event(journey, 'attempt', '2026-11-24T10:00:00Z', { on: '2026-11-24', owner }),
  event(journey, 'contact', '2026-11-30T10:00:00Z', { on: '2026-11-26', owner, outcome: 'made' }),
  event(journey, 'closed', '2026-12-07T10:00:00Z', { owner, outcome: 'loneliness=led-on debts=no-change' }),
  event(journey, 'landed', '2026-12-08T10:00:00Z', { outcome: 'final', ageBand: null, lifeAreas: null, team: null }),
];
const only = (events: readonly PastEvent[]) => measuresOf(events, days)[0];

describe('one referral in figures', () => {
  test('who, whom, how long and how it ended, from events alone', () => {
    expect(only(whole('a'))).toEqual({
      practice: 'de-brink',
      team: 'voorbeeldstreek',
      owner: 'wally-sanne',
      ageBand: '65-79',
      lifeAreas: ['loneliness'],
      ending: 'closed',
      outcomes: [
        ['loneliness', 'led-on'],
        ['debts', 'no-change'],
      ],
      toOpened: 1,
      toContact: 3,
      toClosed: 14,
      toLanded: 15,
    });
  });

  test('feedback that was read aloud has landed; an interim message is not the end of it', () => {
    const told = (outcome: string) => whole('a').map((one) => (one.kind === 'landed' ? { ...one, outcome } : one));
    expect(only(told('final by-phone'))?.toLanded).toBe(15);
    expect(only(told('interim by-phone'))).not.toHaveProperty('toLanded');
    expect(only(told('interim'))).not.toHaveProperty('toLanded');
  });

  test('H13: contacts count, by the day they were; clicks, attempts and letters do not', () => {
    const clicks = whole('a').filter((one) => one.kind !== 'contact');
    expect(only(clicks)).not.toHaveProperty('toContact');
    const attempted = event('a', 'contact', '2026-11-25T10:00:00Z', { on: '2026-11-25', outcome: 'attempted' });
    expect(only([...clicks, attempted, event('a', 'feedback', '2026-11-25T10:00:00Z')])).not.toHaveProperty(
      'toContact',
    );
    // Noted a week later, it counts on its own day; of two the first.
    const late = event('a', 'contact', '2026-12-04T10:00:00Z', { on: '2026-11-24', outcome: 'made' });
    expect(only([...whole('a'), late])?.toContact).toBe(1);
    const { total } = quarterFigures(
      measuresOf(
        [...Array(6).keys()].flatMap((n) => whole(`${n}`).filter((one) => one.kind !== 'contact')),
        days,
      ),
    );
    expect(total).toMatchObject({ referrals: 6, contacts: 0, toContact: null });
  });

  test.each([
    ['closed', 'not-reached', 'not-reached'],
    ['declined', 'duplicate', 'declined'],
    ['ended', 'moved', 'stopped'],
    ['recalled', null, 'stopped'],
    ['cancelled', null, 'stopped'],
  ])('%s %s', (kind, outcome, ending) => {
    const events = whole('a').filter((one) => one.kind !== 'closed' && one.kind !== 'landed');
    expect(only([...events, event('a', kind, '2026-12-01T10:00:00Z', { outcome })])?.ending).toBe(ending);
  });

  test('what is open is open, and has no times that did not come', () => {
    const open = only(whole('a').slice(0, 3));
    expect(open?.ending).toBe('open');
    for (const time of ['toOpened', 'toContact', 'toClosed', 'toLanded']) expect(open).not.toHaveProperty(time);
  });

  test('who has it last: a substitute who acts, or the team when nobody does', () => {
    const acting = event('a', 'acting', '2026-12-01T10:00:00Z', { owner: 'wally-karim' });
    expect(only([...whole('a').slice(0, 7), acting])?.owner).toBe('wally-karim');
    expect(only([...whole('a').slice(0, 7), { ...acting, owner: null }])).toMatchObject({
      owner: '',
      team: 'voorbeeldstreek',
    });
  });

  test('taken back before anybody saw it, it was no referral (H3)', () => {
    const undone = [...whole('a').slice(0, 2), event('a', 'cancelled', '2026-11-23T09:01:00Z')];
    expect(measuresOf(undone, days)).toEqual([]);
  });

  test('a quarter is of Dutch days: what came in after midnight here counts here', () => {
    const at = (moment: string) => whole('a').map((one) => ({ ...one, at: new Date(moment) }));
    expect(measuresOf(at('2026-09-30T21:59:59Z'), days)).toEqual([]);
    expect(measuresOf(at('2026-09-30T22:00:00Z'), days)).toHaveLength(1);
    expect(measuresOf(at('2026-12-31T22:59:59Z'), days)).toHaveLength(1);
    expect(measuresOf(at('2026-12-31T23:00:00Z'), days)).toEqual([]);
  });
});

test.each([
  ['2026Q1', '2026-01-01', '2026-03-31'],
  ['2026Q4', '2026-10-01', '2026-12-31'],
  ['2028Q1', '2028-01-01', '2028-03-31'],
])('%s', (quarter, from, to) => {
  expect(quarterDays(quarter)).toEqual({ from, to });
});
test.each(['2026Q5', '2026', 'Q4', '2026q4', ''])('%s is no quarter', (quarter) => {
  expect(quarterDays(quarter)).toBeUndefined();
});
test('the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, undefined]);
});

describe('the table of a quarter', () => {
  const some = (count: number, owner: string, change: Partial<PastEvent> = {}) =>
    Array.from({ length: count }, (_, n) =>
      whole(`${owner}${n}${change.ageBand ?? ''}`, owner).map((one) => ({ ...one, ...change })),
    ).flat();
  const text = (events: readonly PastEvent[]) =>
    figuresText(quarterFigures(measuresOf(events, days)), days, (id) => `[${id}]`);

  test('is printed with names, medians and sums', () => {
    const page = text([...some(6, 'wally-sanne'), ...some(7, 'wally-joost')]);
    expect(page).toMatch(/\[de-brink\] → \[wally-sanne\] +6 +6 +6 +0 +0 +0 +0 +1 +3 +14 +15/);
    expect(page).toMatch(/samen +13 +13/);
    expect(page).toContain('eenzaamheid en sociale contacten, led-on: 13');
  });

  test('a Wally with two referrals is left out, and the colleague by whom one could subtract too', () => {
    const page = text([...some(2, 'wally-sanne'), ...some(7, 'wally-joost'), ...some(20, 'wally-karim')]);
    expect(page).toMatch(/\[wally-sanne\] +·/);
    expect(page).toMatch(/\[wally-joost\] +·/);
    expect(page).toMatch(/\[wally-karim\] +20/);
    expect(page).toMatch(/samen +29/);
  });

  test('tables share their sums: what is left out in one cannot be had from another', () => {
    const page = text([...some(2, 'wally-sanne', { ageBand: '80+' }), ...some(9, 'wally-sanne')]);
    for (const label of ['80\\+', '65-79']) expect(page).toMatch(new RegExp(`${label} +·`));
  });

  test('no medians of fewer than five', () => {
    expect(quarterFigures(measuresOf(some(4, 'wally-sanne'), days)).total).toMatchObject({
      referrals: null,
      toOpened: null,
    });
    expect(quarterFigures(measuresOf(some(5, 'wally-sanne'), days)).total).toMatchObject({ referrals: 5, toOpened: 1 });
  });

  test('an empty quarter is an empty table', () => {
    expect(text([])).toMatch(/samen +0/);
  });
});
