import type { Patient } from '../referral/referral.ts';
import { fieldOf, type Message, partOf, repetitionsOf, type Segment } from './message.ts';

const joined = (...parts: readonly string[]): string => parts.filter(Boolean).join(' ');

/** FN: the whole surname, else its own prefix and name and the partner's (HL7 2.5.1 §2.A.30). */
function familyOf(message: Message, raw: string, component = 1): string {
  const part = (n: number) => partOf(message, raw, component, n);
  return part(1) || joined(part(2), part(3), part(4), part(5));
}

/** A person's name (XPN, PLN) on one line, as people write it: given names or initials, then the family name. */
export function nameText(message: Message, raw: string | undefined): string {
  if (raw === undefined) return '';
  return joined(partOf(message, raw, 2), partOf(message, raw, 3), familyOf(message, raw));
}

/** The same of an XCN, which has a number before the name. */
export function carerText(message: Message, raw: string | undefined): string {
  if (raw === undefined) return '';
  return joined(partOf(message, raw, 3), partOf(message, raw, 4), familyOf(message, raw, 2));
}

/** PID-5: the legal name (type L), else the first that is no nickname; a nickname (type N) is how the resident is called. */
export function patientName(message: Message, pid: Segment | undefined): Patient['name'] | undefined {
  const names = repetitionsOf(message, pid, 5);
  const typed = (type: string) => names.find((one) => partOf(message, one, 7) === type);
  const nickname = typed('N');
  const legal = typed('L') ?? names.find((one) => one !== nickname) ?? nickname;
  const family = legal ? familyOf(message, legal) : '';
  if (!legal || !family) return undefined;
  const given = joined(partOf(message, legal, 2), partOf(message, legal, 3));
  const callName = nickname && nickname !== legal ? partOf(message, nickname, 2) || familyOf(message, nickname) : '';
  return {
    family,
    ...(given && { given }),
    ...(callName && { callName }),
    text: joined(callName || given, family),
  };
}

/** PID-11: the home address (H, else what is not marked as another kind), with street and number apart where they are. */
export function addressOf(message: Message, pid: Segment | undefined): Patient['address'] {
  const all = repetitionsOf(message, pid, 11);
  const kind = (raw: string) => partOf(message, raw, 7);
  const home = all.find((one) => kind(one) === 'H') ?? all.find((one) => ['', 'M', 'L', 'P'].includes(kind(one)));
  if (!home) return undefined;
  const part = (component: number, sub = 1) => partOf(message, home, component, sub);
  const [whole, street, number] = [part(1, 1), part(1, 2), part(1, 3)];
  const houseNumber = number && joined(number, part(2));
  const line = street || joined(whole, number ? '' : part(2));
  const postcode = part(5).replaceAll(/\s/g, '').toUpperCase();
  const city = part(3);
  const address = {
    ...(line && { street: line }),
    ...(houseNumber && { houseNumber }),
    ...(postcode && { postcode }),
    ...(city && { city }),
  };
  return Object.keys(address).length > 0 ? address : undefined;
}

export interface Reach {
  readonly phones: readonly string[];
  readonly email?: string;
  /** Something that calls itself a mail address and is none. */
  readonly isBroken: boolean;
}

/**
 * The repetitions of XTN fields. A mail address with an underscore, from a system that repeats with `_` and did not
 * escape it, stands in two: the first half has no @ and the second is nothing but the rest.
 */
function pointsOf(message: Message, segment: Segment | undefined, fields: readonly number[]): string[] {
  const { component, repetition } = message.delimiters;
  const points: string[] = [];
  for (const raw of fields.flatMap((field) => repetitionsOf(message, segment, field))) {
    const before = points.at(-1);
    const half = before !== undefined && partOf(message, before, 3) === 'Internet' && !before.includes('@');
    if (half && partOf(message, before, 4) !== '' && raw.split(component, 1)[0]?.includes('@'))
      points.splice(-1, 1, before + repetition + raw);
    else points.push(raw);
  }
  return points;
}

/** XTN: the number as people write it, else its area and local part; mail in component 4, or in 1 of an Internet address. */
export function reachOf(message: Message, segment: Segment | undefined, fields: readonly number[]): Reach {
  const points = pointsOf(message, segment, fields);
  const mail = (raw: string) => {
    const first = partOf(message, raw, 1);
    return partOf(message, raw, 4) || (first.includes('@') ? first : '');
  };
  const phone = (raw: string) =>
    mail(raw) ? '' : partOf(message, raw, 1) || joined(partOf(message, raw, 6), partOf(message, raw, 7));
  const mails = points.map(mail).filter(Boolean);
  const email = mails.find((one) => one.includes('@'));
  const isBroken = mails.some((one) => !one.includes('@'));
  return { phones: points.map(phone).filter(Boolean), isBroken, ...(email && { email }) };
}

/** NK1: whom else to call; undefined without a name. */
export function contactOf(message: Message, nk1: Segment | undefined) {
  const name = nameText(message, repetitionsOf(message, nk1, 2)[0]);
  if (!name) return undefined;
  const [phone] = reachOf(message, nk1, [5, 6]).phones;
  const relation = fieldOf(message, nk1, 3, 2) || fieldOf(message, nk1, 3);
  return { name, ...(phone && { phone }), ...(relation && { relation }) };
}
