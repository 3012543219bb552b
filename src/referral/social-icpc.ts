import { codeSystems } from '../fhir/systems.ts';
import type { LifeArea } from './life-area.ts';

/**
 * Chapter Z of ICPC-1 NL (social problems) to life areas. No published map exists: these are ours, to suggest with and
 * never to decide. Z10, Z11, Z27 and Z29 name no area; Z17 and Z26 do not exist.
 */
const areas: Readonly<Record<string, readonly LifeArea[]>> = {
  Z01: ['debts'],
  Z02: ['debts', 'daily-life'],
  Z03: ['housing'],
  Z04: ['loneliness'],
  Z05: ['work'],
  Z06: ['work'],
  Z07: ['work'],
  Z08: ['debts'],
  Z09: ['other'],
  Z10: [],
  Z11: [],
  Z12: ['relations'],
  Z13: ['relations'],
  Z14: ['relations'],
  Z15: ['meaning', 'loneliness'],
  Z16: ['relations'],
  Z18: ['relations'],
  Z19: ['meaning', 'loneliness'],
  Z20: ['relations'],
  Z21: ['relations'],
  Z22: ['relations'],
  Z23: ['meaning', 'loneliness'],
  Z24: ['loneliness'],
  Z25: ['safety'],
  Z27: [],
  Z28: ['daily-life'],
  Z29: [],
};

const chapter = (code: string) => code.slice(0, 3).toUpperCase();

/** Whether an ICPC-1 code (`Z01`, `Z01.02`) is of the social chapter. */
export function isSocial(code: string): boolean {
  return Object.hasOwn(areas, chapter(code));
}

/** The life areas that social codes make likely, each once; other codes make none. */
export function suggestedAreas(codes: readonly string[]): LifeArea[] {
  return [...new Set(codes.flatMap((code) => areas[chapter(code)] ?? []))];
}

interface Coded {
  readonly code?: { readonly coding?: readonly { readonly system?: string; readonly code?: string }[] };
  readonly clinicalStatus?: unknown;
  readonly verificationStatus?: unknown;
}

const systems: readonly string[] = [codeSystems.icpc1, codeSystems.icpc1Bare, codeSystems.icpc1Oid];
const over = /"(inactive|resolved|remission|refuted|entered-in-error)"/;

/**
 * The ICPC-1 code of one Condition of R4 or STU3 (a status is a concept in one, a code in the other) that is not over;
 * undefined for anything else.
 */
export function icpcOf(resource: unknown): string | undefined {
  const condition = resource as (Coded & { resourceType?: unknown }) | null | undefined;
  if (condition?.resourceType !== 'Condition') return undefined;
  if (over.test(JSON.stringify([condition.clinicalStatus, condition.verificationStatus]))) return undefined;
  const coding = Array.isArray(condition.code?.coding) ? condition.code.coding : [];
  const code = coding.find((one) => systems.includes(one?.system ?? ''))?.code;
  return typeof code === 'string' && /^[A-Z]\d{2}(\.\d{2})?$/.test(code) ? code : undefined;
}

/** What a search gave, or nothing: the resources of a Bundle, whatever else came instead. */
export function resourcesIn(bundle: unknown): unknown[] {
  const { entry } = (bundle ?? {}) as { entry?: unknown };
  return Array.isArray(entry) ? entry.map((one: { resource?: unknown } | null) => one?.resource) : [];
}
