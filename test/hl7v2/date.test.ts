import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDay, readInstant, writeDay, writeInstant } from '../../src/hl7v2/date.ts';

describe('HL7 dates', () => {
  test.each([
    ['19510412', '1951-04-12'],
    ['20240229', '2024-02-29'],
    ['20261123100000.1234+0100', '2026-11-23'],
    ['202611231000', '2026-11-23'],
  ])('%s is the day %s', (text, day) => {
    expect(readDay(text)).toBe(day);
  });

  test.each([
    '',
    'gisteren',
    '1951',
    '195104',
    '19510431',
    '20230229',
    '20261345',
    '00000101',
    '20260001',
    '2026112',
    '1951-04-12',
    '20261123250000',
    '20261123106000',
    '20261123100060',
  ])('%j is no day', (text) => {
    expect(readDay(text)).toBeUndefined();
  });

  test.each([
    ['20261123', '2026-11-23T00:00:00+01:00'],
    ['20260701120000', '2026-07-01T12:00:00+02:00'],
    ['20261123100000+0100', '2026-11-23T10:00:00+01:00'],
    ['20261123090000+0000', '2026-11-23T09:00:00+00:00'],
    ['20261123043000.5-0430', '2026-11-23T04:30:00-04:30'],
    // The hour that the change to winter time has twice is taken as the first.
    ['20261025023000', '2026-10-25T02:30:00+02:00'],
  ])('%s is the instant %s', (text, instant) => {
    expect(readInstant(text)).toBe(instant);
  });

  test.each(['20260329023000', '20260230', '20261123100000+2500', '20261123100000+0175', ''])(
    '%j is no instant',
    (text) => {
      expect(readInstant(text)).toBeUndefined();
    },
  );

  test('an instant that is written is read again, to the second', () => {
    const instants = fc.date({
      min: new Date('1950-01-01T00:00:00Z'),
      max: new Date('2100-01-01T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, (instant) => {
        const read = readInstant(writeInstant(instant)) ?? '';
        expect(new Date(read).getTime()).toBe(Math.floor(instant.getTime() / 1_000) * 1_000);
      }),
    );
  });

  test('days are written as they are read', () => {
    expect(readDay(writeDay('1951-04-12'))).toBe('1951-04-12');
  });
});
