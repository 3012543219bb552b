import type { Consent } from '@medplum/fhirtypes';
import { z } from 'zod';
import { extensions } from '../fhir/systems.ts';
import type { Change } from '../referral/change.ts';
import { custodyDecides, givenOnIssues, giverIssues, giversOf, renewalDue } from '../referral/consent.ts';
import { consentOfChild } from '../referral/consent-waits.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Journey, Versioned } from '../referral/journey.ts';
import { organizationsAtWork } from '../referral/lead.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { notAtWork } from './lead.ts';
import { type Acting, step } from './moves.ts';

/** A yes as a Wally heard it: of whom, how, and on which day. */
export const consentGivenSchema = z.strictObject({
  by: z.enum(['resident', 'parents', 'resident-and-parents', 'representative']),
  how: z.enum(['spoken', 'written']),
  on: z.iso.date(),
});

export const renewalSchema = z.strictObject({
  consent: consentGivenSchema,
  /** Ids of the Tasks at other organisations for which the yes holds too: each has a consent of its own (H9). */
  onward: z.array(z.string().min(1)).optional(),
});

/** No content goes to anyone on a consent that a birthday has overtaken (H6); undefined when none has. */
export function renewalFirst(journey: Journey, now: Date): Refusal | undefined {
  const due = renewalDue(journey, localDay(now));
  return due && refuse(issue('business-rule', 'consent-to-renew', 'Consent', due));
}

/**
 * Who may consent now said yes, after a birthday underway or because someone else decides (H6, H7): the same Consent, in
 * a new version; what it covers stays as it was. A no is another move: `end`, consent withdrawn (H10). Refused: of whom
 * may not give it on this day, of a day to come, or of a day before the birthday. An organisation for which it was not said
 * goes on waiting.
 */
export function renewConsent(
  journey: Journey,
  { consent: given, onward = [] }: z.infer<typeof renewalSchema>,
  acting: Acting,
): Change | Refusal {
  const row = transition(journey, 'renew-consent', acting.actor);
  if (isRefusal(row)) return row;
  const today = localDay(acting.now);
  const { patient } = journey;
  const { birthDate } = patient.resource;
  // Custody stays as the practice said it, until the resident decides alone.
  const grown = birthDate !== undefined && !custodyDecides(birthDate, today);
  const overtaken: string[] = [extensions.consentMethod, ...(grown ? [extensions.custody] : [])];
  const anew = ({ resource: { extension = [], ...former }, version }: Versioned<Consent>) => ({
    resource: {
      ...former,
      extension: [
        ...extension.filter((one) => !overtaken.includes(one.url)),
        { url: extensions.consentMethod, valueCode: given.how },
      ],
      dateTime: given.on,
      performer: giversOf(given.by, patient.resource.id),
    },
    version: version + 1,
  });
  const renewed = anew(journey.consent);
  const stillDue = renewalDue({ patient, consent: renewed }, today);
  const atWork = organizationsAtWork(journey).map((one) => one.task);
  const issues = [
    ...giverIssues(birthDate, given.by, today, 'consent.by'),
    ...givenOnIssues(given.on, today, 'consent.on'),
    ...(stillDue ? [beforeBirthday] : []),
    ...(onward.every((task) => atWork.includes(task)) ? [] : [notAtWork('onward')]),
  ];
  if (issues.length > 0) return refuse(...issues);
  return step(journey, row, 'consent-renewed', acting, {
    resources: [renewed, ...[...new Set(onward)].flatMap((task) => consentOfChild(journey, task) ?? []).map(anew)],
  });
}

const beforeBirthday = issue('business-rule', 'consent-before-birthday', 'consent.on', {
  nl: 'Deze dag ligt vóór de verjaardag. Vraag het opnieuw, en vul de dag in waarop u het vroeg.',
  en: 'This day lies before the birthday. Ask again, and fill in the day on which you asked.',
});
