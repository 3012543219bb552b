import { z } from 'zod';

export const modes = [
  'normal',
  'slow',
  'down',
  'refuse',
  'error-before',
  'error-after',
  'hang-after',
  'reject',
  'rate-limit',
] as const;

/** How the FHIR door behaves; a switch of one practice goes before the global one. Not kept over a restart. */
export const switchSchema = z.strictObject({
  mode: z.enum(modes).default('normal'),
  delayMs: z.coerce.number().int().min(0).max(600_000).default(2000),
  retryAfterSeconds: z.coerce.number().int().min(0).max(86_400).default(2),
  /** Which part of the requests is hit, 0 to 1, by a seeded counter: the nth request is always decided alike. */
  share: z.coerce.number().min(0).max(1).default(1),
  seed: z.coerce.number().int().default(1),
  /** Whether reading and searching are hit as well, or only creating. */
  hits: z.enum(['all', 'create']).default('all'),
  /** False: If-None-Exist is ignored and every POST makes a new Communication. */
  deduplicates: z.boolean().default(true),
  /** False: nothing files itself. */
  files: z.boolean().default(true),
});

export type Switch = z.infer<typeof switchSchema>;
export type Mode = Switch['mode'];

export interface Switches {
  /** The switch that holds for a practice, or the global one. */
  get(practice?: string): Switch;
  /** Changes what is named, keeps the rest, starts the counter anew; for one practice, or globally. Throws ZodError. */
  set(change: Partial<Switch>, practice?: string): void;
  /** The practice follows the global switch again; without a practice: everything back to normal. */
  reset(practice?: string): void;
  /** Decides one request (and counts it). After-effect modes and `reject` are about creating only. */
  decide(practice: string, creates: boolean): Switch;
  all(): { global: Switch; practices: Record<string, Switch> };
}

/** The name of a practice's HL7 v2 side among the switches: its FHIR side may fail while this one works. */
export const mllpSide = (practice: string): string => `${practice}/mllp`;

const onlyCreates: readonly Mode[] = ['error-after', 'hang-after', 'reject'];

/** A number in [0, 1) for the nth request under a seed (mulberry32, one step). */
function drawn(seed: number, n: number): number {
  let a = (seed * 0x9e3779b1 + n * 0x6d2b79f5) | 0;
  a = Math.imul(a ^ (a >>> 15), a | 1);
  a ^= a + Math.imul(a ^ (a >>> 7), a | 61);
  return ((a ^ (a >>> 14)) >>> 0) / 4_294_967_296;
}

export function createSwitches(): Switches {
  let global = switchSchema.parse({});
  const own = new Map<string, Switch>();
  const counted = new Map<string, number>();
  const get = (practice?: string) => (practice === undefined ? undefined : own.get(practice)) ?? global;
  return {
    get,
    set(change, practice) {
      const next = switchSchema.parse({ ...get(practice), ...change });
      if (practice === undefined) global = next;
      else own.set(practice, next);
      counted.clear();
    },
    reset(practice) {
      if (practice === undefined) {
        global = switchSchema.parse({});
        own.clear();
      } else own.delete(practice);
      counted.clear();
    },
    decide(practice, creates) {
      const now = get(practice);
      const spared = { ...now, mode: 'normal' as const };
      if (!creates && (now.hits === 'create' || onlyCreates.includes(now.mode))) return spared;
      if (now.mode === 'normal') return now;
      const n = (counted.get(practice) ?? 0) + 1;
      counted.set(practice, n);
      return now.share >= 1 || drawn(now.seed, n) < now.share ? now : spared;
    },
    all: () => ({ global, practices: Object.fromEntries(own) }),
  };
}
