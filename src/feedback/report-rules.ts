import type { Issue } from '../fhir/outcome.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Directory } from '../referral/directory/directory.ts';
import type { Journey } from '../referral/journey.ts';
import { type LifeArea, lifeAreas } from '../referral/life-area.ts';
import { issue } from '../referral/refusal.ts';
import { looksMedical } from '../referral/second-look.ts';
import { notesOf } from '../referral/task-output.ts';
import type { FeedbackAnswer } from './answer.ts';
import { beforeReferral, isBeforeReferral } from './contact.ts';
import { isReportUnderway } from './letter.ts';
import type { Acting } from './moves.ts';
import { closureOnly } from './report.ts';

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

/** Why a text may go to nobody as it is: there is a BSN in it (H17). */
const withBsn = (path: string): Issue =>
  issue('business-rule', 'bsn-in-text', path, {
    nl: 'In deze tekst staat een burgerservicenummer. Haal het weg en stuur het bericht opnieuw.',
    en: 'This text holds a citizen service number (BSN). Remove it and send the message again.',
  });

/** That there is a BSN in a text, where there is (H17). */
export const bsnIssues = (text: string | undefined, path: string): Issue[] =>
  looksMedical(text ?? '').some((one) => one.kind === 'bsn') ? [withBsn(path)] : [];

const interimNotWanted = issue('business-rule', 'interim-not-wanted', 'gpMustAct', {
  nl:
    'Deze praktijk vraagt geen tussenberichten, en heeft al een bericht. ' +
    'Stuur er nog een als de huisarts iets moet doen: ' +
    'zeg dat erbij, zet in de eerste regel wat, en vraag de inwoner of dit mag. ' +
    'Anders hoort de huisarts het bij het afsluiten.',
  en:
    'This practice asks for no interim messages, and has one already. Send another when the GP must do something: ' +
    'say so, put in the first line what, and ask the resident whether it may go. ' +
    'Otherwise the GP hears it when you close.',
});

/** Local days on which reports of work that goes on went to the practice. */
const toldOn = ({ communications }: Journey): string[] =>
  communications.flatMap(({ resource: { sent, payload } }) =>
    sent && isReportUnderway(payload?.[1]?.contentString ?? '') ? [localDay(new Date(sent))] : [],
  );

/** Whether the practice had a report already and did not ask for more before the closing one. */
export function asksNoMore(journey: Journey, { practices }: Pick<Directory, 'practices'>): boolean {
  return !practices.get(journey.practice)?.service?.interimLetters && toldOn(journey).length > 0;
}

/**
 * Staff must file each letter: between contact-and-plan and closing one goes only where the practice agreed to it, or where the
 * GP must do something and may read what. The first letter, and the first since there was contact, is contact-and-plan.
 */
export function interimIssues(journey: Journey, answer: FeedbackAnswer, acting: Acting): Issue[] {
  if (answer.final || !asksNoMore(journey, acting.directory)) return [];
  const [met] = notesOf(journey.task.resource, 'contact').map((one) => localDay(new Date(one.time)));
  const isContactAndPlan = met === undefined ? answer.contact === 'made' : toldOn(journey).every((day) => day < met);
  const isNeeded = answer.gpMustAct === true && !closureOnly(journey, answer, localDay(acting.now));
  return isContactAndPlan || isNeeded ? [] : [interimNotWanted];
}

/** What a page's form asks before a report goes, for reports that come from a system; every issue at once. */
export function reportIssues(journey: Journey, answer: FeedbackAnswer, acting: Acting): Issue[] {
  const { now } = acting;
  const { contactOn, appointment, firstLine, plan, outcomes, final } = answer;
  const left = areasLeftOut(journey, answer).map(outcomeMissing);
  return [
    ...(contactOn && contactOn > localDay(now) ? [inFuture] : []),
    ...(contactOn && isBeforeReferral(journey, contactOn) ? [beforeReferral('contactOn')] : []),
    ...(appointment && Date.parse(appointment.at) <= now.getTime() ? [inPast] : []),
    ...bsnIssues(firstLine, 'firstLine'),
    ...bsnIssues(plan, 'plan'),
    ...(left.length > 0 ? left : final && outcomes.length === 0 ? [noOutcome] : []),
    ...interimIssues(journey, answer, acting),
  ];
}
