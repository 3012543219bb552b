import { z } from 'zod';
import type { Said } from '../fhir/outcome.ts';
import { lifeAreaCodes } from '../referral/life-area.ts';

/** How it ended per life area; codes of our CodeSystem outcome. */
export const outcomes = {
  helped: { nl: 'geholpen door de Wally', en: 'helped by the Wally' },
  'led-on': { nl: 'begeleid naar andere hulp', en: 'led on to other help' },
  'own-strength': { nl: 'redt zich zelf', en: 'manages alone' },
  unchanged: { nl: 'niet veranderd', en: 'not changed' },
  'not-wanted': { nl: 'wil geen hulp', en: 'wants no help' },
  'not-reached': { nl: 'niet bereikt', en: 'not reached' },
} as const satisfies Record<string, Said>;

export type Outcome = keyof typeof outcomes;
export const outcomeCodes = Object.keys(outcomes) as Outcome[];

/** The first line is the answer to the GP, short enough to read in a full consulting hour. */
export const firstLineMax = 140;

/** How it ended, per life area. */
export const outcomesSchema = z
  .array(
    z.strictObject({
      lifeArea: z.enum(lifeAreaCodes as [string, ...string[]]),
      outcome: z.enum(outcomeCodes as [Outcome, ...Outcome[]]),
    }),
  )
  .max(10);

const reported = z.strictObject({
  contact: z.enum(['made', 'attempted', 'none']),
  /** H13: contact means a named moment, not a green tick. */
  contactOn: z.iso.date().optional(),
  firstLine: z.string().trim().min(1).max(firstLineMax),
  plan: z.string().trim().max(4000).optional(),
  appointment: z
    .strictObject({ at: z.iso.datetime({ offset: true }), place: z.string().trim().max(200).optional() })
    .optional(),
  outcomes: outcomesSchema,
  /** The resident agreed that this content goes back to the GP (Wmo 5.3.3, H9). */
  residentAgreed: z.boolean(),
  /** The GP must do something; the first line says what. */
  gpMustAct: z.boolean().optional(),
});
const isDated = (answer: { contact: string; contactOn?: string | undefined }) =>
  answer.contact === 'none' || answer.contactOn !== undefined;
const undated = { path: ['contactOn'], message: 'contact-date-missing' };

/** A report without whether it is the last one: where that is said by something else. */
export const reportSchema = reported.refine(isDated, undated);

/**
 * What the Wally reports back. `final` closes the work, and closing without feedback is impossible (promise 3):
 * then the first line and an outcome per life area are required.
 */
export const answerSchema = reported
  .extend({ final: z.boolean() })
  .refine(isDated, undated)
  .refine((answer) => !answer.final || answer.outcomes.length > 0, { path: ['outcomes'], message: 'outcome-missing' });

export type FeedbackAnswer = z.infer<typeof answerSchema>;
