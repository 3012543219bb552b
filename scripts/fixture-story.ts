import type { Communication, Resource } from '@medplum/fhirtypes';
import { z } from 'zod';
import type { FeedbackAnswer } from '../src/feedback/answer.ts';

const instant = z.iso.datetime();
/** What `case.json` of a fixture says. */
export const caseSchema = z.strictObject({
  /** What happens, in one sentence for people. */
  story: z.string().min(20),
  practice: z.string(),
  /** The moment at which the message comes in. */
  now: instant,
  /** Who is away, by role id; no `to` is until further notice. */
  absent: z.record(z.string(), z.strictObject({ from: z.iso.date(), to: z.iso.date().optional() })).default({}),
  expected: z.strictObject({
    outcome: z.enum(['accepted', 'refused']),
    status: z.number().int(),
    referrals: z.union([z.literal(0), z.literal(1)]),
    owner: z.string().nullable().optional(),
    route: z.enum(['fixed-wally', 'substitute', 'team-queue']).optional(),
    alarms: z.array(z.enum(['nobody-present', 'acute'])).default([]),
    unsafeContact: z.boolean().default(false),
    /** What `0-received-again.json` is answered with. */
    again: z.strictObject({ outcome: z.enum(['same', 'conflict']), status: z.number().int() }).optional(),
  }),
  handOver: z.strictObject({ by: z.string(), to: z.string(), at: instant }).optional(),
  /** When each of the reports of `4-answer.json` is made. */
  answeredAt: z.array(instant).default([]),
});

/** A story with what came in and what was answered. */
export interface Fixture extends z.infer<typeof caseSchema> {
  readonly name: string;
  readonly received: Resource;
  readonly again: Resource | undefined;
  readonly answers: readonly FeedbackAnswer[];
  /** Whether `4-answer.json` holds a list; the stages after it then do too. */
  readonly many: boolean;
}

/** What a case is played with: the region's directory and the mapping, as they stand today. */
export interface Played {
  /** File name → content, as far as no other system is needed. */
  readonly stages: ReadonlyMap<string, unknown>;
  readonly notices: readonly {
    readonly messageId: string;
    readonly to: string;
    readonly role: 'wally' | 'team-lead';
  }[];
  readonly communications: readonly (Communication & { id: string })[];
}
