import { normaliseBsn } from '../fhir/identifiers.ts';
import type { ServiceCharacters } from './characters.ts';
import { readDay } from './date.ts';
import { placeOf, type Segment, valueAt } from './syntax.ts';

/** Adres of Medeur; what is empty stays away. */
export interface Address {
  readonly street?: string;
  readonly houseNumber?: string;
  readonly poBox?: string;
  readonly city?: string;
  readonly postcode?: string;
  readonly province?: string;
  readonly country?: string;
}

/** GGA or GGO: who writes or is written to. */
export interface Party {
  readonly name: string;
  readonly department?: string;
  readonly institution?: string;
  readonly address?: Address;
  readonly phone?: string;
}

/** PID-3. `family` is the name that is used (of the partner, where there is one), `birthFamily` the name at birth. */
export interface PatientName {
  readonly family?: string;
  readonly prefix?: string;
  readonly birthFamily?: string;
  readonly birthPrefix?: string;
  readonly given?: string;
  readonly initials?: string;
}

/** PID and PAD. */
export interface Patient {
  /** yyyy-mm-dd; absent when it is not there or does not exist (0000:01:01, 1980:00:00): `birthSaid` is what stood there. */
  readonly birthDay?: string;
  readonly birthSaid: string;
  /** As it stands: M or V. */
  readonly sex: string;
  readonly name: PatientName;
  /** The sender's own number of the patient. */
  readonly senderReference?: string;
  readonly receiverReference?: string;
  /** Behind `BSN`; not proved, see `validBsn`. Nine zeros mean that there is none. */
  readonly bsn?: string;
  readonly address?: Address;
  readonly phone?: string;
}

/** The fields that say something. */
function filled<K extends string>(fields: Readonly<Record<K, string>>): { readonly [key in K]?: string } {
  const some = Object.entries(fields).filter(([, value]) => value !== '');
  return Object.fromEntries(some) as { [key in K]?: string };
}

/** An element that has no components: separators that the sender did not release are text. */
export function wholeOf(segment: Segment, element: number, s: ServiceCharacters): string {
  return (segment.elements[element - 1] ?? []).join(s.component).trim();
}

function addressOf(segment: Segment, element: number): { readonly address?: Address } {
  const part = (component: number) => valueAt(segment, element, component);
  const address = filled({
    street: part(1),
    houseNumber: part(2),
    poBox: part(3),
    city: part(4),
    postcode: part(5),
    province: part(6),
    country: part(7),
  });
  return Object.keys(address).length > 0 ? { address } : {};
}

/** GGA or GGO as a party. */
export function partyOf(segment: Segment, s: ServiceCharacters): Party {
  const whole = (element: number) => wholeOf(segment, element, s);
  return {
    name: whole(1),
    ...filled({ department: whole(2), institution: whole(3), phone: whole(5) }),
    ...addressOf(segment, 4),
  };
}

const marked = /^BSN[ :]?(.*)$/i;

/** Whether a reference is marked as a BSN, in whichever element it stands. */
export const isMarkedBsn = (reference: string): boolean => marked.test(reference);

/** The BSN behind its mark; empty for a reference that has none, or says nobody. */
function bsnIn(reference: string): string {
  const bsn = normaliseBsn(marked.exec(reference)?.[1] ?? '');
  return /^0*$/.test(bsn) ? '' : bsn;
}

/** PID and PAD as a patient; refused when its two references are two BSNs. */
export function patientOf(
  pid: Segment,
  pad: Segment | undefined,
  s: ServiceCharacters,
): Patient | { readonly unreadable: 'two-bsns'; readonly path: string } {
  const name = (component: number) => valueAt(pid, 3, component);
  const [own, theirs] = [wholeOf(pid, 4, s), wholeOf(pid, 5, s)];
  const [ownBsn, theirBsn] = [bsnIn(own), bsnIn(theirs)];
  if (ownBsn && theirBsn && ownBsn !== theirBsn) return { unreadable: 'two-bsns', path: placeOf(pid, 5) };
  const birth = [1, 2, 3].map((component) => valueAt(pid, 1, component));
  // Only with four digits of the year: two would be a guess of the century.
  const birthDay = birth.join('').length === 8 ? readDay(...birth) : undefined;
  return {
    ...(birthDay && { birthDay }),
    birthSaid: wholeOf(pid, 1, s),
    sex: valueAt(pid, 2).toUpperCase(),
    name: filled({
      family: name(1),
      prefix: name(2),
      birthFamily: name(3),
      birthPrefix: name(4),
      given: name(5),
      initials: name(6),
    }),
    ...filled({
      senderReference: isMarkedBsn(own) ? '' : own,
      receiverReference: isMarkedBsn(theirs) ? '' : theirs,
      bsn: theirBsn || ownBsn,
      phone: pad ? wholeOf(pad, 2, s) : '',
    }),
    ...(pad && addressOf(pad, 1)),
  };
}
