import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Mapped } from '../../src/referral/format.ts';

/** What a mapped message says of a person; absent is not said. */
export interface Identity {
  readonly family?: string | undefined;
  readonly birthDate?: string | undefined;
  readonly bsn?: string | undefined;
}

export function identityOf(mapped: Mapped): Identity {
  if (!('referral' in mapped)) return mapped.about;
  const { name, birthDate, bsn } = mapped.referral.patient;
  return { family: name.family, birthDate, ...(bsn && { bsn }) };
}

/** What a second reader of a syntax is asked: where it reads something else than we did, in words without values. */
export type SecondReader = (bytes: Uint8Array, mapped: Mapped, agreement: ConsentAgreement | undefined) => string[];

/** The words of a name without accents, signs and case. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return plain.split(/[^\p{L}\p{N}]+/u).filter((one) => one !== '');
}

/** Whether every word of a name is part of a text: prefixes and parts stand in another order in other systems. */
export function isWithin(name: string, text: string): boolean {
  const whole = wordsOf(text).join('');
  return wordsOf(name).every((word) => whole.includes(word));
}

/** Nine digits, eight with their zero back; what has not that shape as it is. */
export function asBsn(text: string): string {
  const digits = text.trim().replaceAll(/(?<=\d)[ .-](?=\d)/g, '');
  return /^\d{8,9}$/.test(digits) ? digits.padStart(9, '0') : text;
}

export const saying = (holds: boolean, what: string): string[] => (holds ? [] : [what]);

/** Whether a consent is the practice's agreement, word for word: what no message said must come from there. */
export function isAgreed(mapped: Mapped, agreement: ConsentAgreement | undefined): boolean {
  if (!('referral' in mapped) || !agreement) return false;
  const { by, how, medicalCodes, feedback } = mapped.referral.consent;
  const { how: agreedHow, medicalCodes: agreedCodes, feedback: agreedFeedback } = agreement;
  return by === 'resident' && how === agreedHow && medicalCodes === agreedCodes && feedback === agreedFeedback;
}
