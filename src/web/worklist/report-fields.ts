import { answerSchema, type FeedbackAnswer, firstLineMax, type Outcome } from '../../feedback/answer.ts';
import { beforeReferral, isBeforeReferral } from '../../feedback/contact.ts';
import type { Said } from '../../fhir/outcome.ts';
import { renewalDue } from '../../referral/consent.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Journey } from '../../referral/journey.ts';
import { type LifeArea, lifeAreaCodes, lifeAreas } from '../../referral/life-area.ts';
import { field } from '../acting.ts';
import type { Fault } from '../form-controls.ts';

export const planMax = 4000;

/** What was typed, field by field, so that it comes back in the form whatever happens. */
export type ReportFields = Readonly<Record<string, string>>;

export const outcomeField = (area: LifeArea): string => `outcome-${area}`;
/** In the order of the form, which is the order in which its faults are told. */
const names = [
  'version',
  'contact',
  'contactOn',
  'firstLine',
  'plan',
  'appointmentOn',
  'appointmentAt',
  'appointmentPlace',
  ...lifeAreaCodes.map(outcomeField),
  'residentAgreed',
  'gpMustAct',
  'final',
];

/** The fields of the report form out of a posted body; everything else is ignored. */
export function reportFields(body: unknown): ReportFields {
  return Object.fromEntries(names.map((name) => [name, field(body, name)]));
}

/** The instant of a Dutch day and time of the clock; undefined when the clock never shows it (the hour skipped in March). */
export function localInstant(day: string, time: string): string | undefined {
  const shown = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Europe/Amsterdam',
    dateStyle: 'short',
    timeStyle: 'short',
  });
  return ['+02:00', '+01:00']
    .map((offset) => `${day}T${time}:00${offset}`)
    .find((instant) => !Number.isNaN(Date.parse(instant)) && shown.format(new Date(instant)) === `${day} ${time}`);
}

/** The consent lets content go back on a day; when it does not, no form asks for content that would be thrown away. */
export function contentMayReturn(journey: Journey, day: string): boolean {
  if (renewalDue(journey, day)) return false;
  return (journey.consent.resource.provision?.code ?? []).some((one) =>
    one.coding?.some((coding) => coding.code === 'feedback-content'),
  );
}

const faultSaid = {
  contact: { nl: 'Kies of er contact is geweest.', en: 'Choose whether there was contact.' },
  contactOn: { nl: 'Vul de dag in van het contact of de poging.', en: 'Fill in the day of the contact or attempt.' },
  contactLater: {
    nl: 'De dag van het contact kan niet in de toekomst liggen.',
    en: 'The day of the contact cannot be in the future.',
  },
  firstLine: {
    nl: `Schrijf de eerste regel: het antwoord aan de huisarts, in hooguit ${firstLineMax} tekens.`,
    en: `Write the first line: the answer to the GP, in at most ${firstLineMax} characters.`,
  },
  plan: { nl: `Maak dit korter: hooguit ${planMax} tekens.`, en: `Make this shorter: at most ${planMax} characters.` },
  appointment: {
    nl: 'Vul bij een afspraak een dag én een tijd in die bestaan.',
    en: 'For an appointment fill in a day and a time that exist.',
  },
  appointmentPast: {
    nl: 'De volgende afspraak ligt in het verleden. Kies een dag en tijd die nog komen.',
    en: 'The next appointment is in the past. Choose a day and time still to come.',
  },
  appointmentPlace: {
    nl: 'Maak de plaats korter: hooguit 200 tekens.',
    en: 'Make the place shorter: at most 200 characters.',
  },
  outcomes: { nl: 'Kies bij het afsluiten een uitkomst.', en: 'Choose an outcome when you close.' },
  final: { nl: 'Kies: tussenbericht of afsluiten.', en: 'Choose: interim message or close.' },
} as const satisfies Record<string, Said>;

const fieldOfPath: Record<string, keyof typeof faultSaid> = {
  contact: 'contact',
  contactOn: 'contactOn',
  firstLine: 'firstLine',
  plan: 'plan',
  appointment: 'appointment',
  outcomes: 'outcomes',
  final: 'final',
};

function dateFaults(fields: ReportFields, at: string | undefined, now: Date): Fault[] {
  const faults: Fault[] = [];
  if (fields.contact !== 'none' && (fields.contactOn ?? '') > localDay(now))
    faults.push({ field: 'contactOn', said: faultSaid.contactLater });
  if ((fields.appointmentOn || fields.appointmentAt) && !at)
    faults.push({ field: 'appointmentOn', said: faultSaid.appointment });
  if (at && Date.parse(at) < now.getTime()) faults.push({ field: 'appointmentOn', said: faultSaid.appointmentPast });
  if ((fields.appointmentPlace ?? '').length > 200)
    faults.push({ field: 'appointmentPlace', said: faultSaid.appointmentPlace });
  if (fields.appointmentPlace && !fields.appointmentOn && !fields.appointmentAt)
    faults.push({ field: 'appointmentOn', said: faultSaid.appointment });
  return faults;
}

/**
 * Reads the form into an answer, or gives every fault at once in the order of the form.
 * Where no content may go back (consent at referral), no first line is asked.
 */
export function readReport(
  fields: ReportFields,
  journey: Journey,
  now: Date,
): { answer: FeedbackAnswer } | { faults: readonly Fault[] } {
  const at =
    fields.appointmentOn && fields.appointmentAt ? localInstant(fields.appointmentOn, fields.appointmentAt) : undefined;
  const asked = journey.index.lifeAreas;
  const chosen = lifeAreaCodes.flatMap((lifeArea) => {
    const outcome = fields[outcomeField(lifeArea)];
    return outcome ? [{ lifeArea, outcome: outcome as Outcome }] : [];
  });
  const content = contentMayReturn(journey, localDay(now));
  const final = fields.final === 'final' ? true : fields.final === 'interim' ? false : undefined;
  const faults: Fault[] = [...dateFaults(fields, at, now)];
  const parsed = answerSchema.safeParse({
    final,
    contact: fields.contact,
    ...(fields.contactOn && fields.contact !== 'none' && { contactOn: fields.contactOn }),
    // Never sent: without content the letter brings its own first line.
    firstLine: content ? (fields.firstLine ?? '').replaceAll(/\s+/g, ' ') : '-',
    ...(content && fields.plan && { plan: fields.plan }),
    ...(at && { appointment: { at, ...(fields.appointmentPlace && { place: fields.appointmentPlace }) } }),
    outcomes: chosen,
    residentAgreed: content && fields.residentAgreed === 'yes',
    ...(content && fields.gpMustAct === 'yes' && { gpMustAct: true }),
  });
  // The schema's own cross-field rules wait until each field is right; a person wants all faults at once.
  if (fields.contact && fields.contact !== 'none' && !fields.contactOn)
    faults.push({ field: 'contactOn', said: faultSaid.contactOn });
  else if (fields.contact !== 'none' && fields.contactOn && isBeforeReferral(journey, fields.contactOn))
    faults.push({ field: 'contactOn', said: beforeReferral('contactOn').said });
  if (final) {
    const open = asked.filter((area) => !fields[outcomeField(area)]);
    for (const area of open) faults.push({ field: outcomeField(area), said: outcomeMissing(area) });
    if (asked.length === 0 && chosen.length === 0)
      faults.push({ field: outcomeField('other'), said: faultSaid.outcomes });
  }
  for (const one of parsed.error?.issues ?? []) {
    const key = fieldOfPath[String(one.path[0])];
    const name = key === 'appointment' ? 'appointmentOn' : key === 'outcomes' ? outcomeField(asked[0] ?? 'other') : key;
    const told =
      name &&
      faults.some((fault) => fault.field === name || (key === 'outcomes' && fault.field.startsWith('outcome-')));
    if (key && name && !told) faults.push({ field: name, said: faultSaid[key] });
  }
  if (faults.length > 0 || !parsed.success)
    return { faults: faults.toSorted((a, b) => names.indexOf(a.field) - names.indexOf(b.field)) };
  return { answer: parsed.data };
}

function outcomeMissing(area: LifeArea): Said {
  return { nl: `Kies een uitkomst bij: ${lifeAreas[area].nl}.`, en: `Choose an outcome for: ${lifeAreas[area].en}.` };
}
