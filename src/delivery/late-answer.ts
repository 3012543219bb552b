import { channelAt } from '../referral/directory/channels.ts';
import { readAwaited } from '../store/outbox/outbox.ts';
import { type Deciding, failureChange, noteLandedAfter, receiptChange } from './deliver.ts';
import { fromAnswer } from './failure.ts';

const triesMax = 5;

/**
 * An application's answer that comes after its transport's, on a connection of its own (HL7 v2 enhanced mode): a yes lands
 * the delivery, a no is what the directory says it is. False when this practice has nothing that waits for one.
 */
export async function takeLateAnswer(
  parts: Deciding,
  practice: string,
  messageId: string,
  said: 'yes' | 'error' | 'reject',
): Promise<boolean> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const awaited = await readAwaited(parts.store, practice, messageId);
    // Said before: a repeat changes nothing.
    if (!awaited || awaited === 'landed') return awaited === 'landed';
    const from = (await parts.directory()).practices.get(practice);
    const channel = from && channelAt(from, awaited.destination)?.channel;
    const meaning = said === 'error' ? channel?.onError : channel?.onReject;
    const change =
      said === 'yes'
        ? await receiptChange(parts, awaited, { proof: 'application' })
        : await failureChange(parts, awaited, fromAnswer(meaning ?? 'hold'));
    // An attempt that began meanwhile has another lease: then look again.
    if (!(await parts.store.commit(change)).ok) continue;
    if (said === 'yes') noteLandedAfter(parts, awaited);
    return true;
  }
  return false;
}
