import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  addWorkingDays,
  callBefore,
  isWorkingDay,
  localDay,
  periodUntil,
} from '../../src/referral/deadlines.ts';

const anyDay = fc
  .date({ min: new Date('2024-01-01T00:00:00Z'), max: new Date('2034-12-31T00:00:00Z'), noInvalidDate: true })
  .map((day) => day.toISOString().slice(0, 10));
const daysBetween = (from: string, to: string): string[] => {
  const days: string[] = [];
  for (let day = addDays(from, 1); day <= to; day = addDays(day, 1)) days.push(day);
  return days;
};

describe('working days', () => {
  test.each([
    ['2026-11-23', true, 'a Monday'],
    ['2026-11-28', false, 'a Saturday'],
    ['2026-11-29', false, 'a Sunday'],
    ['2026-01-01', false, 'New Year'],
    ['2026-04-03', true, 'Good Friday is no public holiday'],
    ['2026-04-06', false, 'Easter Monday'],
    ['2026-04-27', false, 'King’s Day'],
    ['2025-04-26', false, 'King’s Day on Saturday, because the 27th is a Sunday'],
    ['2025-04-28', true, 'the Monday after it'],
    ['2026-05-05', true, 'Liberation Day is not off for everybody'],
    ['2026-05-14', false, 'Ascension Day'],
    ['2026-05-25', false, 'Whit Monday'],
    ['2026-12-25', false, 'Christmas Day'],
    ['2026-12-26', false, 'Boxing Day, on a Saturday'],
    ['2027-12-27', true, 'no day in its place when Christmas falls in a weekend'],
  ])('%s: %s (%s)', (day, is) => {
    expect(isWorkingDay(day)).toBe(is);
  });
});

describe('a period until a day', () => {
  test.each([
    ['2026-12-08T11:10:00Z', '2026-12-09', '2026-12-08T11:10:00.000Z', 'begins at its moment'],
    [
      '2026-12-09T11:10:00Z',
      '2026-12-09',
      '2026-12-09',
      'that is today: begins as a day, which is not after it (R4 per-1)',
    ],
    ['2026-12-08T23:30:00Z', '2026-12-09', '2026-12-09', 'that is today here, and tomorrow in UTC'],
  ])('from %s to %s begins at %s: %s', (now, end, start) => {
    expect(periodUntil(new Date(now), end)).toEqual({ start, end });
  });
});

describe('the promise "belt vóór"', () => {
  test.each([
    ['2026-11-23', 'routine', '2026-11-26', 'Monday to Thursday'],
    ['2026-11-27', 'routine', '2026-12-02', 'over a weekend'],
    ['2026-11-28', 'routine', '2026-12-03', 'a Saturday counts as the Monday after it'],
    ['2026-11-29', 'urgent', '2026-12-01', 'nobody is promised a call on a Sunday'],
    ['2026-12-25', 'routine', '2026-12-31', 'Christmas Day counts as the Monday after it'],
    ['2026-11-27', 'urgent', '2026-11-30', 'urgent on Friday: Monday'],
    ['2026-11-27', 'asap', '2026-11-30', 'asap too: the answer says to call at once (H1)'],
    ['2026-11-27', 'stat', '2026-11-30', 'stat too'],
    ['2026-12-24', 'routine', '2026-12-30', 'over Christmas and a weekend'],
    ['2026-12-24', 'urgent', '2026-12-28', 'urgent before Christmas'],
    ['2026-12-31', 'urgent', '2027-01-04', 'over New Year and a weekend'],
    ['2026-12-30', 'routine', '2027-01-05', 'into the next year'],
    ['2025-04-17', 'routine', '2025-04-23', 'over Easter: Good Friday works, Easter Monday does not'],
    ['2026-04-24', 'urgent', '2026-04-28', 'over a weekend and King’s Day'],
    ['2026-05-13', 'urgent', '2026-05-15', 'over Ascension Day'],
    ['2028-02-28', 'urgent', '2028-02-29', 'a leap day is a day'],
  ] as const)('%s, %s: before %s (%s)', (day, priority, before, _why) => {
    expect(callBefore(day, priority)).toBe(before);
  });

  test('is a working day later on, with exactly so many working days in between', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 1, max: 30 }), (day, n) => {
        const due = addWorkingDays(day, n);
        expect(isWorkingDay(due)).toBe(true);
        expect(daysBetween(day, due).filter(isWorkingDay)).toHaveLength(n);
      }),
    );
  });

  test('a day off counts as the next working day', () => {
    fc.assert(
      fc.property(anyDay, fc.constantFrom('routine' as const, 'urgent' as const, 'asap' as const), (day, priority) => {
        const counted = isWorkingDay(day) ? day : addWorkingDays(day, 1);
        expect(callBefore(day, priority)).toBe(callBefore(counted, priority));
        expect(daysBetween(counted, callBefore(day, priority)).filter(isWorkingDay).length).toBeGreaterThan(0);
      }),
    );
  });

  test('never comes earlier for who comes later, or for who asks for longer', () => {
    fc.assert(
      fc.property(anyDay, anyDay, fc.integer({ min: 1, max: 10 }), (a, b, n) => {
        const [first = a, second = b] = [a, b].sort();
        expect(addWorkingDays(first, n) <= addWorkingDays(second, n)).toBe(true);
        expect(addWorkingDays(first, n) < addWorkingDays(first, n + 1)).toBe(true);
      }),
    );
  });
});

describe('days', () => {
  test.each([
    ['2026-11-23T09:00:00Z', '2026-11-23'],
    ['2026-11-23T22:59:59Z', '2026-11-23'],
    ['2026-11-23T23:00:00Z', '2026-11-24'],
    ['2026-07-01T21:59:59Z', '2026-07-01'],
    ['2026-07-01T22:00:00Z', '2026-07-02'],
    ['2026-03-29T00:59:59Z', '2026-03-29'],
    ['2026-10-25T23:30:00Z', '2026-10-26'],
    ['2026-12-31T23:00:00Z', '2027-01-01'],
  ])('%s is %s in the Netherlands', (instant, day) => {
    expect(localDay(new Date(instant))).toBe(day);
  });

  test('so many days further and back is the same day', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: -4000, max: 4000 }), (day, n) => {
        expect(addDays(addDays(day, n), -n)).toBe(day);
      }),
    );
  });
});
