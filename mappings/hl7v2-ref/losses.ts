import type { Message } from '../../src/hl7v2/message.ts';
import type { Loss } from '../../src/referral/referral.ts';
import { place } from './gather.ts';

/** Fields that this mapping reads, or that only say how the message is built; the rest is a loss, kept with the source. */
const carried: Readonly<Record<string, readonly number[]>> = {
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

/** MSH is the envelope; OBX, and notes that have no place, are looked at one by one by the mapping. */
const elsewhere = new Set(['MSH', 'SFT', 'OBX', 'NTE']);

/** What of the message has no place in the referral: whole segments that we do not know, and fields that we do not read. */
export function lossesOf(message: Message): Loss[] {
  return message.segments.flatMap((segment): Loss[] => {
    if (elsewhere.has(segment.name)) return [];
    const known = carried[segment.name];
    if (!known) return [{ path: place(segment), why: 'kept-with-source' }];
    return segment.fields.flatMap((raw, field) =>
      field > 0 && raw !== '' && raw !== '""' && !known.includes(field)
        ? [{ path: place(segment, field), why: 'kept-with-source' as const }]
        : [],
    );
  });
}
