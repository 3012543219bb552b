import { derivedId } from '../fhir/derived-id.ts';
import { channelAfter, channelAt, destinationOf, type PracticeEndpoint } from '../referral/directory/channels.ts';
import type { Directory } from '../referral/directory/directory.ts';
import type { OutboxRow } from '../referral/outbox-row.ts';
import type { Claimed } from '../store/outbox/outbox.ts';
import type { Failure } from './failure.ts';

/** These end an attempt before the receiver could be asked whether it has the message already. */
const beforeAsking = new Set(['no-address', 'host-not-allowed', 'fault']);
/** Only a FHIR system can be asked by our message identifier. */
const canBeAsked = (channel: PracticeEndpoint | undefined) => channel?.kind === 'fhir';

/** Whether the receiver may have the message, as far as one knows after this failure. */
function isInDoubt(claimed: Claimed, failure: Failure): boolean {
  // It took the message and did not say that it filed it: sending it twice helps nobody, a call does.
  if (failure.code === 'not-confirmed' || (claimed.proof !== null && claimed.proof !== 'transport')) return true;
  if (failure.kind === 'ambiguous') return true;
  // An attempt in doubt begins with the question; a no after that is an answer to it too.
  return claimed.ambiguous && (failure.kind !== 'permanent' || beforeAsking.has(failure.code));
}

/**
 * The outbox row with which feedback goes on by the practice's next channel, when this one has surely ended: `isOver`
 * says that it gave up, and a wrong key is over at once, because no patience mends it. Undefined: no channel is left, or
 * the practice may have it already and can be asked. The same end gives the same row, so it goes on once.
 */
export function goesOnBy(
  claimed: Claimed,
  failure: Failure,
  isOver: boolean,
  directory: Directory,
): OutboxRow | undefined {
  const practice = directory.practices.get(claimed.recipient);
  const next = practice && channelAfter(practice, claimed.destination);
  if (claimed.kind !== 'feedback' || !claimed.document || !next) return undefined;
  // What was erased goes nowhere.
  if (failure.code === 'erased' || !(isOver || failure.code === 'unauthorised')) return undefined;
  if (canBeAsked(channelAt(practice, claimed.destination)) && isInDoubt(claimed, failure)) return undefined;
  return {
    messageId: derivedId(claimed.messageId, next.id),
    kind: 'feedback',
    destination: destinationOf(practice, next),
    recipient: claimed.recipient,
    document: claimed.document,
  };
}
