import { expect, test } from 'vitest';
import { looksPersonal } from '../../src/referral/looks-personal.ts';

test.each([
  ['Mevrouw Jansen wil naar de eettafel.', 'Mevrouw Jansen'],
  ['Kan dhr. van der Berg ook komen?', 'dhr. van der Berg'],
  ['Is er plek voor Annie van den Berg?', 'Annie van den Berg'],
  ['Geboren op 12-04-1951.', '12-04-1951'],
  ['Woont op 8299 ZQ.', '8299 ZQ'],
  ['Bel 06-12345678.', '06-12345678'],
  ['Zij slikt sertraline.', 'sertraline'],
  ['Bij P76 gaat het zo.', 'P76'],
])('H8: %s', (text, found) => {
  expect(looksPersonal(text).map((one) => one.found)).toContain(found);
  expect(looksPersonal(text).every((one) => !one.isCertain)).toBe(true);
});

test('a citizen service number is certain, and stands first', () => {
  const looks = looksPersonal('Mevrouw Jansen, 999990019');
  expect(looks[0]).toMatchObject({ found: '999990019', isCertain: true });
});

test.each([
  'Is er in de wijk een groep voor mantelzorgers?',
  'Vanaf welke leeftijd mag iemand naar de eettafel? Kost dat 5 euro?',
  'De Wmo en de Jeugdwet: wie belt wie? Wij zijn open tot 17.30 uur.',
  'Hoe lang is de wachttijd nu, en geldt dat voor iedereen?',
])('nothing to look at: %s', (text) => {
  expect(looksPersonal(text)).toEqual([]);
});
