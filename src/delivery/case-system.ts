import type { Bundle } from '@medplum/fhirtypes';
import type { DestinationMove } from '../referral/delivery-move.ts';
import type { Directory } from '../referral/directory/directory.ts';
import { fedSystems } from '../referral/directory/fed-systems.ts';
import { readDestinationSecret } from '../store/directory.ts';
import type { Claimed } from '../store/outbox/outbox.ts';
import type { Store } from '../store/store.ts';
import { verdictOf } from './breaker.ts';
import type { Parcel } from './connector.ts';
import { Failure } from './failure.ts';

/** What a case system gets of a journey, and which version of our Task that shows. */
export interface Sheet {
  readonly bundle: Bundle;
  readonly ours: number;
}

/** What a case system gets of a journey now, as a transaction; undefined when there is no such journey. */
export type CaseSheet = (destination: string, journey: string) => Promise<Sheet | undefined>;

/** One referral for the case system that keeps it, as it is at this moment. Throws Failure without an address. */
export async function packCase(
  store: Store,
  directory: Directory,
  sheet: CaseSheet,
  { messageId, kind, ambiguous, destination, journey }: Claimed,
): Promise<Parcel> {
  const address = fedSystems(directory).find((one) => one.destination === destination)?.address;
  const made = address && (await sheet(destination, journey));
  if (!made) throw new Failure('permanent', 'no-address');
  const secret = await readDestinationSecret(store, destination);
  const { bundle: document, ours } = made;
  return { messageId, kind, ambiguous, address, document, ours, ...(secret && { secret }) };
}

/**
 * What it says about a case system that it could not be asked what changed there, with the code for the log. Nothing is held
 * that a person would see: so what is permanent counts too. `random` in [0, 1).
 */
export function silenceOf(
  destination: string,
  error: unknown,
  random: number,
): { readonly code: string; readonly move: DestinationMove } | undefined {
  if (!(error instanceof Failure)) return undefined;
  const counted = error.kind === 'permanent' ? new Failure('transient', error.code) : error;
  return { code: error.code, move: { id: destination, to: 'silent', ...verdictOf(counted, random) } };
}
