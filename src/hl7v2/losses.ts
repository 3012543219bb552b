import type { Loss } from '../referral/referral.ts';
import { place } from './coded.ts';
import type { Message } from './message.ts';

/**
 * What of a message has no place in what a mapping makes of it: whole segments that it does not know, and fields that it
 * does not read. `carried`: the fields it reads, or that only say how the message is built. `elsewhere`: segments that it
 * looks at one by one.
 */
export function lossesOf(
  message: Message,
  carried: Readonly<Record<string, readonly number[]>>,
  elsewhere: readonly string[],
): Loss[] {
  return message.segments.flatMap((segment): Loss[] => {
    // MSH and SFT are the envelope.
    if (['MSH', 'SFT', ...elsewhere].includes(segment.name)) return [];
    const known = carried[segment.name];
    if (!known) return [{ path: place(segment), why: 'kept-with-source' }];
    return segment.fields.flatMap((raw, field) =>
      field > 0 && raw !== '' && raw !== '""' && !known.includes(field)
        ? [{ path: place(segment, field), why: 'kept-with-source' as const }]
        : [],
    );
  });
}
