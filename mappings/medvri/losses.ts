import type { Medvri } from '../../src/edifact/medvri.ts';
import type { Party } from '../../src/edifact/person.ts';
import { placeOf } from '../../src/edifact/syntax.ts';
import type { Loss } from '../../src/referral/referral.ts';

/** Who writes and to whom: the practice is known by its mailbox, the Wally by the directory. */
function partyLosses(tag: string, party: Party | undefined, isNameRead: boolean): Loss[] {
  if (!party) return [];
  const fields = [isNameRead ? '' : party.name, party.department, party.institution, party.address, party.phone];
  return fields.flatMap((one, n): Loss[] => (one ? [{ path: `${tag}-${n + 1}`, why: 'kept-with-source' }] : []));
}

/** What of the segments has no place in the referral, and what was read although it is not by the book. */
export function lossesOf(medvri: Medvri): Loss[] {
  return [
    ...partyLosses('GGA', medvri.sender, true),
    ...partyLosses('GGO', medvri.receiver, false),
    ...medvri.unknown.map((one): Loss => ({ path: placeOf(one), why: 'kept-with-source' })),
    ...(medvri.writtenSaid === '' ? [{ path: 'DET', why: 'deviates' } as const] : []),
    ...medvri.oddities.map((one): Loss => ({ path: one.path, why: 'deviates' })),
  ];
}
