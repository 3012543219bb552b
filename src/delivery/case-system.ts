import type { Bundle } from '@medplum/fhirtypes';
import type { Directory } from '../referral/directory.ts';
import { readDestinationSecret } from '../store/directory.ts';
import type { Claimed } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import type { Parcel } from './connector.ts';
import { Failure } from './failure.ts';

/** What a case system gets of a journey now, as a transaction; undefined when there is no such journey. */
export type CaseSheet = (team: string, journey: string) => Promise<Bundle | undefined>;

/** One referral for the case system of its organisation, as it is at this moment. Throws Failure without an address. */
export async function packCase(
  store: Store,
  directory: Directory,
  sheet: CaseSheet,
  { messageId, kind, ambiguous, destination, recipient, journey }: Claimed,
): Promise<Parcel> {
  const address = directory.teams.get(recipient)?.caseSystem?.address;
  const document = address && (await sheet(recipient, journey));
  if (!document) throw new Failure('permanent', 'no-address');
  const secret = await readDestinationSecret(store, destination);
  return { messageId, kind, ambiguous, address, document, ...(secret && { secret }) };
}
