import type { HealthcareService } from '@medplum/fhirtypes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withAgreed } from '../../src/referral/directory/practice-service.ts';
import { readDirectoryResource } from '../../src/store/directory.ts';
import { openTestLine, type TestLine } from '../doubles/line.ts';
import { committed, journeyOf, referralOf, takeIn } from '../doubles/made.ts';

let line: TestLine;
beforeAll(async () => {
  line = await openTestLine();
});
afterAll(() => line.close());

test('H6: what a rule of the practice sent is delivered to whom it named, without opening it for that', async () => {
  const { store } = line.at;
  const service = await readDirectoryResource<HealthcareService>(store, 'HealthcareService', 'wally-of-de-brink');
  if (!service) throw new Error('no service');
  const rules = [{ under: 18, to: 'wally-joost' }];
  await committed(store, {
    scope: { practice: '' },
    directory: [
      { resource: withAgreed(service, { rules, levels: {}, cooperation: {} }), validFrom: '2026-01-01T00:00:00Z' },
    ],
    audit: [],
  });
  const patient = { ...referralOf('x').patient, birthDate: '2010-05-01' };
  const journey = await takeIn(store, { number: 'rule-1', referral: { patient } });
  await line.drain();
  const { index } = await journeyOf(store, journey);
  expect(index).toMatchObject({ owner: 'wally-joost', rule: 'wally-joost', assignment: 1 });
  const { rows } = await line.at.owner.query(
    'select kind, recipient, state from delivery where journey_id = $1 order by kind',
    [journey],
  );
  expect(rows).toEqual([
    { kind: 'notify', recipient: 'wally-joost', state: 'landed' },
    { kind: 'worklist', recipient: 'wally-joost', state: 'landed' },
  ]);
});
