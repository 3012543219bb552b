import { expect, test } from 'vitest';
import { differences } from '../../src/referral/directory/diff.ts';

const rule = (to: string) => ({ url: 'https://x/rule', extension: [{ url: 'to', valueReference: { reference: to } }] });

test('names what changed, was added and is gone, by path', () => {
  const before = { resourceType: 'Organization', id: 'a', name: 'Oud', telecom: [{ system: 'phone', value: '1' }] };
  const after = { resourceType: 'Organization', id: 'a', name: 'Nieuw', active: true };
  expect(differences(before, after)).toEqual([
    { path: 'active', before: undefined, after: 'true' },
    { path: 'name', before: 'Oud', after: 'Nieuw' },
    { path: 'telecom[phone].value', before: '1', after: undefined },
  ]);
});

test('the order of keys is no difference; the order of rules is', () => {
  expect(differences({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toEqual([]);
  const [one, other] = [{ extension: [rule('x'), rule('y')] }, { extension: [rule('y'), rule('x')] }];
  expect(differences(one, other).map((found) => found.path)).toEqual([
    'extension[rule 2].extension[to].valueReference.reference',
    'extension[rule].extension[to].valueReference.reference',
  ]);
});

test('a first version is new in all it says', () => {
  expect(differences(undefined, { id: 'a', name: 'X' })).toEqual([{ path: 'name', before: undefined, after: 'X' }]);
});
