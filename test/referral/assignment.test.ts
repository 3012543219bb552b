import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assign, phoneOf } from '../../src/referral/assignment.ts';
import { addDays } from '../../src/referral/deadlines.ts';
import { type Absence, isPresent } from '../../src/referral/directory/directory.ts';
import { regionWith } from './region.ts';

const day = '2026-11-23';
const away: Absence[] = [{ from: '2026-11-20', to: '2026-11-27' }];
const since: Absence[] = [{ from: '2026-11-20' }];
const dekkers = '01990112';

describe('who has it (promise 2)', () => {
  test.each([
    ['fixed Wally present', {}, 'de-brink', undefined, 'wally-sanne', 'fixed-wally'],
    ['by practice, whoever refers there', {}, 'zuidrand', '01990113', 'wally-joost', 'fixed-wally'],
    ['fixed Wally absent', { 'wally-sanne': away }, 'de-brink', undefined, 'wally-karim', 'substitute'],
    ['absent until further notice', { 'wally-sanne': since }, 'de-brink', undefined, 'wally-karim', 'substitute'],
    [
      'substitute absent too',
      { 'wally-sanne': away, 'wally-karim': since },
      'de-brink',
      undefined,
      undefined,
      'team-queue',
    ],
    ['only the substitute absent', { 'wally-karim': away }, 'de-brink', undefined, 'wally-sanne', 'fixed-wally'],
    [
      'last day of an absence is absent',
      { 'wally-sanne': [{ from: '2026-11-20', to: day }] },
      'de-brink',
      undefined,
      'wally-karim',
      'substitute',
    ],
    [
      'first day of an absence is absent',
      { 'wally-sanne': [{ from: day, to: day }] },
      'de-brink',
      undefined,
      'wally-karim',
      'substitute',
    ],
    [
      'back on the day after',
      { 'wally-sanne': [{ from: '2026-11-20', to: '2026-11-22' }] },
      'de-brink',
      undefined,
      'wally-sanne',
      'fixed-wally',
    ],
    [
      'absence still to come',
      { 'wally-sanne': [{ from: '2026-11-24' }] },
      'de-brink',
      undefined,
      'wally-sanne',
      'fixed-wally',
    ],
    [
      'one of two absences',
      { 'wally-sanne': [{ from: '2026-01-01', to: '2026-01-09' }, ...away] },
      'de-brink',
      undefined,
      'wally-karim',
      'substitute',
    ],
    ['the GP’s own Wally', {}, 'de-brink', dekkers, 'wally-joost', 'fixed-wally'],
    [
      'the GP’s own Wally absent: that Wally’s substitute',
      { 'wally-joost': away },
      'de-brink',
      dekkers,
      'wally-karim',
      'substitute',
    ],
    ['a GP of another practice has no own Wally here', {}, 'zuidrand', dekkers, 'wally-joost', 'fixed-wally'],
    ['an AGB that nobody has', {}, 'de-brink', '01999999', 'wally-sanne', 'fixed-wally'],
  ] as const)('%s', (_, absences, practice, agb, owner, route) => {
    const found = assign(regionWith(absences), practice, agb, day);
    expect({ owner: found?.owner?.id, route: found?.route }).toEqual({ owner, route });
    expect(found?.team).toBe('voorbeeldstreek');
  });

  test('a practice without a Wally service has no assignment', () => {
    expect(assign(regionWith(), 'nowhere', undefined, day)).toBeUndefined();
  });

  test('a service without a fixed Wally goes to the team queue', () => {
    const region = regionWith();
    const practice = region.practices.get('de-brink');
    if (!practice?.service) throw new Error('no service');
    const { wally: _wally, ...service } = practice.service;
    const practices = new Map(region.practices).set('de-brink', { ...practice, service });
    expect(assign({ ...region, practices }, 'de-brink', undefined, day)).toMatchObject({ route: 'team-queue' });
  });

  test('the answer always names a number to call: the person’s, else the team’s', () => {
    const region = regionWith({ 'wally-sanne': since, 'wally-karim': since });
    const queue = assign(region, 'de-brink', undefined, day);
    const fixed = assign(regionWith(), 'de-brink', undefined, day);
    if (!queue || !fixed) throw new Error('no assignment');
    expect(phoneOf(region, queue)).toBe('0570-000100');
    expect(phoneOf(region, fixed)).toBe('06-00001011');
  });

  test('whoever is chosen is present, and nobody is passed over without reason', () => {
    const absence = fc
      .record({ start: fc.integer({ min: -9, max: 9 }), days: fc.integer({ min: 0, max: 9 }) })
      .map(({ start, days }): Absence => ({ from: addDays(day, start), to: addDays(day, start + days) }));
    const absences = fc.record({
      'wally-sanne': fc.array(absence, { maxLength: 3 }),
      'wally-karim': fc.array(absence, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(absences, (some) => {
        const region = regionWith(some);
        const found = assign(region, 'de-brink', undefined, day);
        const present = (id: string) => {
          const role = region.roles.get(id);
          return role !== undefined && isPresent(role, day);
        };
        const right = ['wally-sanne', 'wally-karim'].find(present);
        expect(found?.owner?.id).toBe(right);
        expect(found?.fixed?.id).toBe('wally-sanne');
      }),
    );
  });
});
