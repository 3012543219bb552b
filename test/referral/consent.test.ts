import { describe, expect, test } from 'vitest';
import { birthdaySince, consentIssues, renewalDue } from '../../src/referral/consent.ts';
import { ageBand, ageOn, type Consent } from '../../src/referral/referral.ts';
import { httpStatus, refuse } from '../../src/referral/refusal.ts';
import { referralOf } from '../doubles/made.ts';

const withoutDetails = {
  resourceType: 'Consent' as const,
  id: 'c',
  status: 'active' as const,
  scope: {},
  category: [],
};
const paths = { by: 'by', on: 'on' };
const day = '2026-11-23';

function issuesOf(birthDate: string, by: Consent['by'], on = day, today = day) {
  const referral = referralOf('1');
  const asked = { ...referral, patient: { ...referral.patient, birthDate }, consent: { ...referral.consent, by, on } };
  return consentIssues(asked, today, paths);
}

const wrongPerson = [{ code: 'business-rule', reason: 'consent-by-wrong-person', path: 'by' }];
const brief = (issues: ReturnType<typeof issuesOf>) => issues.map(({ code, reason, path }) => ({ code, reason, path }));

// Rows: born on; then whether these may consent on 23 November 2026.
const ages: readonly (readonly [string, string, Record<Consent['by'], boolean>])[] = [
  ['2025-01-01', 'a baby', { resident: false, parents: true, 'resident-and-parents': false, representative: true }],
  [
    '2014-11-24',
    'the day before turning 12',
    { resident: false, parents: true, 'resident-and-parents': false, representative: true },
  ],
  ['2014-11-23', 'turning 12', { resident: false, parents: false, 'resident-and-parents': true, representative: true }],
  [
    '2014-11-22',
    'the day after turning 12',
    { resident: false, parents: false, 'resident-and-parents': true, representative: true },
  ],
  [
    '2010-11-24',
    'the day before turning 16',
    { resident: false, parents: false, 'resident-and-parents': true, representative: true },
  ],
  ['2010-11-23', 'turning 16', { resident: true, parents: false, 'resident-and-parents': true, representative: true }],
  [
    '2010-11-22',
    'the day after turning 16',
    { resident: true, parents: false, 'resident-and-parents': true, representative: true },
  ],
  [
    '2008-11-24',
    'the day before turning 18',
    { resident: true, parents: false, 'resident-and-parents': true, representative: true },
  ],
  ['2008-11-23', 'turning 18', { resident: true, parents: false, 'resident-and-parents': true, representative: true }],
  ['1941-01-31', 'an adult', { resident: true, parents: false, 'resident-and-parents': true, representative: true }],
];

describe('H6, H7: who may say yes, by age (BW 7:447, 7:450, 7:465)', () => {
  const rows = ages.flatMap(([born, who, may]) =>
    Object.entries(may).map(([by, is]) => [who, by as Consent['by'], is, born] as const),
  );
  test.each(rows)('%s, consent of %s: %s', (_, by, may, born) => {
    expect(brief(issuesOf(born, by))).toEqual(may ? [] : wrongPerson);
  });

  test('H6: the no of a young person of 12 to 15 is respected, whatever the parents say, and the refusal says so', () => {
    const [refused] = issuesOf('2012-05-01', 'parents');
    expect(refused?.said.nl).toContain('Wil de jongere niet, dan gaat het niet door.');
  });

  test.each([
    ['2012-02-29', '2024-02-28', 'parents', 'the day before: still 11'],
    ['2012-02-29', '2024-02-29', 'resident-and-parents', '12 on a leap day of a leap year'],
    ['2010-02-28', '2026-02-28', 'resident', '16 on 28 February'],
    ['2014-03-01', '2026-02-28', 'parents', 'the day before turning 12'],
    ['2008-02-29', '2024-02-28', 'resident-and-parents', 'still 15'],
    ['2008-02-29', '2024-02-29', 'resident', '16 on the leap day'],
  ] as const)('H6: born %s, on %s: %s (%s)', (born, today, by, _why) => {
    expect(issuesOf(born, by, today, today)).toEqual([]);
  });

  test.each([
    ['2012-02-29', '2023-02-28', 10],
    ['2012-02-29', '2023-03-01', 11],
    ['2012-02-29', '2024-02-29', 12],
    ['2008-02-29', '2026-02-28', 17],
    ['2008-02-29', '2026-03-01', 18],
    ['2008-02-28', '2026-02-28', 18],
    ['2000-12-31', '2026-12-30', 25],
    ['2000-12-31', '2026-12-31', 26],
  ])('H6: born %s is on %s %i years old; a leap-day birthday counts from 1 March', (born, today, age) => {
    expect(ageOn(born, today)).toBe(age);
  });

  test('H6: at the door, what was right yesterday is refused today', () => {
    expect(issuesOf('2010-11-23', 'resident-and-parents', day, '2026-11-22')).not.toEqual([]);
    expect(issuesOf('2010-11-23', 'resident-and-parents', '2026-11-22', '2026-11-22')).toEqual([]);
    expect(brief(issuesOf('2010-11-23', 'parents', '2026-11-22', day))).toEqual(wrongPerson);
  });
});

describe('the day of consent', () => {
  test('today and earlier may be; tomorrow may not', () => {
    expect(issuesOf('1950-01-01', 'resident', '2026-11-23')).toEqual([]);
    expect(issuesOf('1950-01-01', 'resident', '2020-01-01')).toEqual([]);
    expect(brief(issuesOf('1950-01-01', 'resident', '2026-11-24'))).toEqual([
      { code: 'business-rule', reason: 'consent-in-future', path: 'on' },
    ]);
  });

  test('everything wrong is said at once, as content that may not be sent (422)', () => {
    const issues = issuesOf('2020-01-01', 'resident', '2026-11-24');
    expect(issues.map((one) => one.reason)).toEqual(['consent-by-wrong-person', 'consent-in-future']);
    expect(httpStatus(refuse(...issues))).toBe(422);
  });
});

describe('age bands of the figures', () => {
  test.each([
    ['2015-01-01', '0-11'],
    ['2014-11-23', '12-17'],
    ['2008-11-23', '18-26'],
    ['1999-11-23', '27-44'],
    ['1981-11-23', '45-64'],
    ['1961-11-23', '65-79'],
    ['1946-11-23', '80+'],
    ['1920-01-01', '80+'],
  ])('born %s: %s', (born, band) => {
    expect(ageBand(born, day)).toBe(band);
  });
});

test.each([
  ['2014-11-24', '2026-11-23', '2026-11-24', 'Intussen 12 jaar'],
  ['2010-11-24', '2026-11-23', '2026-11-24', 'Intussen 16 jaar'],
  ['2008-11-24', '2026-11-23', '2027-06-01', 'Intussen 18 jaar'],
  // Two birthdays underway: the last one says who decides now.
  ['2010-11-24', '2026-11-23', '2028-12-01', 'Intussen 18 jaar'],
  ['2008-11-24', '2026-11-23', '2026-11-23', undefined],
  ['2008-11-23', '2026-11-23', '2028-01-01', undefined],
  ['1951-04-12', '2026-11-23', '2028-01-01', undefined],
  [undefined, '2026-11-23', '2028-01-01', undefined],
] as const)('H6: a birthday underway: born %s, consent %s, now %s', (birthDate, since, today, words) => {
  const found = birthdaySince(birthDate, since, today);
  expect(found?.nl.startsWith(words ?? '')).toBe(words === undefined ? undefined : true);
});

test.each([
  ['2014-11-24', '2026-11-23', '2026-11-24', true],
  ['2010-11-24', '2026-11-23', '2026-11-24', true],
  // Asked anew on the birthday itself: it stands.
  ['2010-11-24', '2026-11-24', '2027-11-24', false],
  ['2008-11-24', '2026-11-23', '2026-11-24', false],
  ['2010-11-24', '2026-11-23', '2028-12-01', true],
  [undefined, '2026-11-23', '2028-12-01', false],
] as const)('H6: born %s, consent of %s must be asked anew on %s: %s', (birthDate, dateTime, today, isDue) => {
  const patient = { resource: { resourceType: 'Patient' as const, id: 'p', ...(birthDate && { birthDate }) } };
  const consent = { resource: { ...withoutDetails, dateTime } };
  expect(renewalDue({ patient, consent }, today) !== undefined).toBe(isDue);
});
