import { readdir, readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addWorkingDays } from '../../src/referral/deadlines.ts';
import type { Proof } from '../../src/referral/directory/channels.ts';
import { TRANSITIONS } from '../../src/referral/lifecycle/lifecycle.ts';
import type { Carriage } from '../../src/store/lists/lists.ts';
import { failureSaid } from '../../src/web/admin/failure-words.ts';
import { type Fate, fateOf, pressing, stateWords, waitingText } from '../../src/web/words.ts';

const carriage = fc.record({
  state: fc.constantFrom<Carriage['state'][]>('pending', 'queued', 'sent', 'landed', 'held', 'abandoned'),
  proof: fc.constantFrom<(Proof | null)[]>(null, 'transport', 'application', 'record'),
  attempts: fc.nat(5),
});

test('H4: no word ever claims more than its proof', () => {
  const needs: Partial<Record<Fate, readonly (Proof | null)[]>> = {
    received: ['transport'],
    delivered: ['application'],
    filed: ['record'],
  };
  fc.assert(
    fc.property(carriage, (one) => {
      const fate = fateOf(one);
      const allowed = needs[fate];
      if (allowed) expect(allowed).toContain(one.proof);
      if (fate === 'sent') expect(one.attempts).toBeGreaterThan(0);
      expect(fate === 'held').toBe(one.state === 'held');
      expect(fate === 'stopped').toBe(one.state === 'abandoned');
    }),
  );
});

test('the words of H4, one by one', () => {
  const way = (state: Carriage['state'], proof: Proof | null, attempts: number) => fateOf({ state, proof, attempts });
  expect(way('pending', null, 0)).toBe('ready');
  expect(way('pending', null, 2)).toBe('sent');
  expect(way('sent', 'transport', 1)).toBe('received');
  expect(way('landed', 'transport', 1)).toBe('received');
  expect(way('sent', 'application', 1)).toBe('delivered');
  expect(way('landed', 'record', 1)).toBe('filed');
  expect(way('held', 'transport', 3)).toBe('held');
});

test('"vóór donderdag" is late on Thursday, and today on the last working day before it', () => {
  const referral = { callBefore: '2026-11-26', called: false, taskStatus: 'requested' };
  expect(
    ['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26', '2026-11-30'].map((day) => pressing(referral, day)),
  ).toEqual(['later', 'later', 'today', 'late', 'late']);
  expect(pressing({ ...referral, callBefore: '2026-11-30' }, '2026-11-27')).toBe('today');
  expect(pressing({ ...referral, called: true }, '2026-11-30')).toBe('kept');
  expect(pressing({ ...referral, taskStatus: 'completed' }, '2026-11-30')).toBe('kept');
});

test('a promise made today is never late today', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1500 }), fc.constantFrom(1, 3), (offset, within) => {
      const day = new Date(Date.UTC(2025, 0, 1) + offset * 86_400_000).toISOString().slice(0, 10);
      expect(
        pressing({ callBefore: addWorkingDays(day, within), called: false, taskStatus: 'requested' }, day),
      ).not.toBe('late');
    }),
  );
});

test('every state a Task can come into has words for each reader', () => {
  for (const row of TRANSITIONS.filter((one) => one.businessStatus)) {
    for (const reader of ['wally', 'practice', 'team'] as const) {
      const said = stateWords(row.to === 'same' ? (row.from[0] ?? '') : row.to, row.businessStatus ?? '', reader);
      expect(said.nl).not.toBe(row.to);
      expect(said.en).not.toBe('');
    }
  }
});

test('every failure code in the source has a sentence of its own', async () => {
  const folders = ['delivery', 'connectors'].map((name) => new URL(`../../src/${name}/`, import.meta.url));
  const codes = new Set<string>();
  for (const folder of folders) {
    // What a test of a connection ends in has its words on its own page.
    for (const file of (await readdir(folder)).filter((name) => !name.startsWith('probe'))) {
      const text = await readFile(new URL(file, folder), 'utf8');
      for (const [, code] of text.matchAll(/new Failure\(\s*'[a-z]+',\s*'([a-z-]+)'/g)) if (code) codes.add(code);
    }
  }
  expect(codes.size).toBeGreaterThan(5);
  for (const code of codes) expect(failureSaid(code).nl, code).not.toContain(code);
});

test('waiting is told in the largest unit that still says something', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  const ago = (minutes: number) => waitingText(new Date(now.getTime() - minutes * 60_000), now, 'nl');
  expect([0, 12, 90, 2_880 + 5].map(ago)).toEqual(['zojuist', 'al 12 minuten', 'al 1 uur', 'al 2 dagen']);
});
