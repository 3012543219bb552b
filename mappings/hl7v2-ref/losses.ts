import { lossesOf as lost } from '../../src/hl7v2/losses.ts';
import { type Message, repetitionsOf, segmentOf } from '../../src/hl7v2/message.ts';
import type { Loss } from '../../src/referral/referral.ts';

/** Fields that a referral reads, or that only say how the message is built. */
const ofReferral: Readonly<Record<string, readonly number[]>> = {
  RF1: [1, 2, 6, 7, 10],
  PRD: [1, 2, 7, 10],
  PID: [1, 3, 5, 7, 8, 11, 13, 14, 29, 30],
  NK1: [1, 2, 3, 5, 6],
  DG1: [1, 2, 3],
  CON: [1, 2, 10, 11, 12, 13, 14, 15, 25],
  PV1: [1, 2, 19],
  OBR: [1, 4],
  NTE: [1, 2, 3],
};
/** A cancellation is a number, a person and a reason. */
const ofCancellation: Readonly<Record<string, readonly number[]>> = { RF1: [1, 6, 10], PID: [1, 5, 7], NTE: [1, 2, 3] };

/** What of the message has no place in what it becomes; more numbers in RF1-6 than this kind of message has a use for too. */
export function lossesOf(message: Message, kind: 'referral' | 'cancellation', numbers: number): Loss[] {
  const more = repetitionsOf(message, segmentOf(message, 'RF1'), 6).slice(numbers);
  return [
    // OBX, and notes that have no place, are looked at one by one.
    ...(kind === 'referral' ? lost(message, ofReferral, ['OBX', 'NTE']) : lost(message, ofCancellation, [])),
    ...more.map((_, n): Loss => ({ path: `RF1-6[${numbers + n + 1}]`, why: 'kept-with-source' })),
  ];
}
