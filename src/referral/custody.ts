import type { Said } from '../fhir/outcome.ts';

/** Who has custody ("gezag", BW 1:245) of a resident under 16; codes of our CodeSystem custody. Not known is no code. */
export const custodies = {
  'both-parents': { nl: 'beide ouders', en: 'both parents' },
  'one-parent': { nl: 'één ouder', en: 'one parent' },
  guardian: { nl: 'een voogd', en: 'a guardian' },
} as const satisfies Record<string, Said>;

export type Custody = keyof typeof custodies;

export const custodyCodes = Object.keys(custodies) as Custody[];

export function isCustody(code: string | undefined): code is Custody {
  return code !== undefined && Object.hasOwn(custodies, code);
}
