import { readFileSync } from 'node:fs';
import type { Bundle } from '@medplum/fhirtypes';
import { readBytes } from '../../scripts/fixture-read.ts';
import type { Mapped, MappedCancellation, MappedReferral } from '../../src/referral/format.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { mapping } from './messages.ts';

/** A message of one of the cases `fhir-r4-…`, for the test to change. */
export function received(story: string, file = '0-received'): Bundle {
  const path = new URL(`../../fixtures/fhir-r4-${story}/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as Bundle;
}

export function mapped(message: object): Mapped | Refusal {
  return readBytes(mapping, Buffer.from(JSON.stringify(message)));
}

/** The same where it must be a referral, or a cancellation; throws with the reasons when it is not. */
export function referralOf(message: object): MappedReferral {
  const found = mapped(message);
  if (isRefusal(found)) throw new Error(found.refused.map((one) => `${one.reason} ${one.path}`).join(', '));
  if (!('referral' in found)) throw new Error(`it is a ${found.intent}`);
  return found;
}
export function cancellationOf(message: object): MappedCancellation {
  const found = mapped(message);
  if (isRefusal(found)) throw new Error(found.refused.map((one) => `${one.reason} ${one.path}`).join(', '));
  if (found.intent !== 'cancel') throw new Error(`it is a ${found.intent}`);
  return found;
}
export function refusedAt(message: object): (readonly [string, string])[] {
  const found = mapped(message);
  return isRefusal(found) ? found.refused.map((one) => [one.reason, one.path] as const) : [];
}
