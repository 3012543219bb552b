import fc from 'fast-check';
import { v7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { journeyNumber } from '../../src/referral/journey.ts';

const tail = (id: string) => BigInt(`0x${id.replaceAll('-', '').slice(-13)}`) & ((1n << 50n) - 1n);

describe('the number people read aloud', () => {
  test('is made of signs that nobody mixes up', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(journeyNumber(id)).toMatch(/^KL-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
      }),
    );
  });

  test('is another one exactly when the last fifty bits of the id differ', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (a, b) => {
        expect(journeyNumber(a) === journeyNumber(b)).toBe(tail(a) === tail(b));
      }),
    );
  });

  test.each([
    ['00000000-0000-7000-8000-000000000000', 'KL-00000-00000'],
    ['00000000-0000-7000-8000-000000000001', 'KL-00000-00001'],
    ['00000000-0000-7000-8000-00000000001f', 'KL-00000-0000Z'],
    ['00000000-0000-7000-8000-000000000020', 'KL-00000-00010'],
    ['00000000-0000-7000-8003-ffffffffffff', 'KL-ZZZZZ-ZZZZZ'],
  ])('%s is %s', (id, number) => {
    expect(journeyNumber(id)).toBe(number);
  });

  test('ten thousand ids of one moment give ten thousand numbers', () => {
    const numbers = Array.from({ length: 10_000 }, () => journeyNumber(v7({ msecs: 1_764_000_000_000 })));
    expect(new Set(numbers).size).toBe(10_000);
  });
});
