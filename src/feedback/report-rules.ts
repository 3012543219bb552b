import type { Issue } from '../fhir/outcome.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Journey } from '../referral/journey.ts';
import { type LifeArea, lifeAreas } from '../referral/life-area.ts';
import { issue } from '../referral/refusal.ts';
import { looksMedical } from '../referral/second-look.ts';
import type { FeedbackAnswer } from './answer.ts';

/** Life areas that the GP asked about and that a closing report says nothing of. */
function areasLeftOut(journey: Journey, { final, outcomes }: Pick<FeedbackAnswer, 'final' | 'outcomes'>) {
  return final ? journey.index.lifeAreas.filter((area) => outcomes.every((one) => one.lifeArea !== area)) : [];
}

const outcomeMissing = (area: LifeArea): Issue =>
  issue('required', 'outcome-missing', 'outcomes', {
    nl: `Noem bij het afsluiten een uitkomst voor: ${lifeAreas[area].nl}.`,
    en: `When you close, name an outcome for: ${lifeAreas[area].en}.`,
  });

const noOutcome = issue('required', 'outcome-missing', 'outcomes', {
  nl: 'Noem bij het afsluiten ten minste één uitkomst.',
  en: 'When you close, name at least one outcome.',
});

const inFuture = issue('value', 'in-future', 'contactOn', {
  nl: 'De dag van het contact kan niet in de toekomst liggen.',
  en: 'The day of the contact cannot be in the future.',
});

const inPast = issue('value', 'in-past', 'appointment', {
  nl: 'De volgende afspraak ligt in het verleden. Kies een moment dat nog komt.',
  en: 'The next appointment is in the past. Choose a moment still to come.',
});

const withBsn = (path: string): Issue =>
  issue('business-rule', 'bsn-in-text', path, {
    nl: 'In deze tekst staat een burgerservicenummer. Haal het weg en stuur het bericht opnieuw.',
    en: 'This text holds a citizen service number (BSN). Remove it and send the message again.',
  });

/** What a page's form asks before a report goes, for reports that come from a system; every issue at once. */
export function reportIssues(journey: Journey, answer: FeedbackAnswer, now: Date): Issue[] {
  const { contactOn, appointment, firstLine, plan, outcomes, final } = answer;
  const left = areasLeftOut(journey, answer).map(outcomeMissing);
  const hasBsn = (text: string | undefined) => looksMedical(text ?? '').some((one) => one.kind === 'bsn');
  return [
    ...(contactOn && contactOn > localDay(now) ? [inFuture] : []),
    ...(appointment && Date.parse(appointment.at) <= now.getTime() ? [inPast] : []),
    ...(hasBsn(firstLine) ? [withBsn('firstLine')] : []),
    ...(hasBsn(plan) ? [withBsn('plan')] : []),
    ...(left.length > 0 ? left : final && outcomes.length === 0 ? [noOutcome] : []),
  ];
}
