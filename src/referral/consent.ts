import type { Patient, Reference } from '@medplum/fhirtypes';
import type { Issue, Said } from '../fhir/outcome.ts';
import type { Journey } from './journey.ts';
import { ageOn, type Consent, type Referral } from './referral.ts';
import { issue } from './refusal.ts';

type Paths = { readonly by: string; readonly on: string };

/** Who gave a consent. */
export type ConsentBy = Consent['by'];

/** Who gave it, as a Consent names them: the resident by reference, others by what they are. */
export const giversOf = (by: ConsentBy, patient: string): Reference<Patient>[] =>
  by.split('-and-').map((who) => (who === 'resident' ? { reference: `Patient/${patient}` } : { display: who }));

/** Until 16 who has custody decides, alone or too (BW 7:447, 7:450; H6). */
export const custodyDecides = (birthDate: string, day: string): boolean => ageOn(birthDate, day) < 16;

const wrongPerson = (path: string, nl: string, en: string): Issue =>
  issue('business-rule', 'consent-by-wrong-person', path, { nl, en });

/**
 * Why this consent is not of who may give it on a day, for the Wally or for any organisation after her; empty when it is.
 * Under 12 the parents decide, at 12–15 both, from 16 the resident, or who may decide for them
 * (BW 7:447, 7:450, 7:465; Jeugdwet 7.3.4; safety.md H6, H7). Without a birth date nobody's age is known: any may.
 */
export function giverIssues(birthDate: string | undefined, by: ConsentBy, day: string, path: string): Issue[] {
  if (birthDate === undefined) return [];
  const age = ageOn(birthDate, day);
  if (age < 12 && by !== 'parents' && by !== 'representative')
    return [
      wrongPerson(
        path,
        'Dit kind is jonger dan 12 jaar. De ouders of de voogd moeten toestemming geven.',
        'This child is younger than 12. The parents or the guardian must give consent.',
      ),
    ];
  if (age >= 12 && age < 16 && by !== 'resident-and-parents' && by !== 'representative')
    return [
      wrongPerson(
        path,
        'Deze jongere is 12 tot en met 15 jaar. De jongere zelf én de ouders moeten toestemming geven. Wil de jongere niet, dan gaat het niet door.',
        'This young person is between 12 and 15. Both the young person and the parents must give consent. If the young person does not want it, it does not go ahead.',
      ),
    ];
  if (age >= 16 && by === 'parents')
    return [
      wrongPerson(
        path,
        'Vanaf 16 jaar geeft de inwoner zelf toestemming, niet de ouders.',
        'From the age of 16 the resident gives consent, not the parents.',
      ),
    ];
  return [];
}

/** Why a consent of this day cannot have been given yet; empty when it can. */
export function givenOnIssues(on: string, day: string, path: string): Issue[] {
  if (on <= day) return [];
  return [
    issue('business-rule', 'consent-in-future', path, {
      nl: 'De toestemming heeft een datum in de toekomst. Leg toestemming vast op de dag dat die gegeven is.',
      en: 'The consent has a date in the future. Record consent on the day it was given.',
    }),
  ];
}

/** What is wrong with the consent of a referral on a day; empty when it may be sent. */
export function consentIssues({ patient, consent }: Referral, day: string, paths: Paths): Issue[] {
  return [...giverIssues(patient.birthDate, consent.by, day, paths.by), ...givenOnIssues(consent.on, day, paths.on)];
}

const birthdays: readonly (readonly [age: number, said: Said])[] = [
  [
    12,
    {
      nl: 'Intussen 12 jaar: vraag nu ook de jongere zelf om toestemming, en leg het antwoord vast.',
      en: 'Meanwhile 12 years old: now ask the young person for consent too, and record the answer.',
    },
  ],
  [
    16,
    {
      nl: 'Intussen 16 jaar: de inwoner beslist nu zelf. Vraag de inwoner om toestemming, en leg het antwoord vast.',
      en: 'Meanwhile 16 years old: the resident decides now. Ask the resident for consent, and record the answer.',
    },
  ],
  [
    18,
    {
      nl: 'Intussen 18 jaar: past de hulp nog? De ouders krijgen niets meer te horen zonder de inwoner.',
      en: 'Meanwhile 18 years old: does the help still fit? The parents hear nothing any more without the resident.',
    },
  ],
];

const birthdayBetween = (birthDate: string, since: string, day: string, upTo = 18): Said | undefined =>
  birthdays.filter(([age]) => age <= upTo && ageOn(birthDate, since) < age && ageOn(birthDate, day) >= age).at(-1)?.[1];

/** The birthday since the consent was given after which someone else decides (H6); the last one, undefined when none. */
export function birthdaySince(birthDate: string | undefined, since: string, day: string): Said | undefined {
  return birthDate === undefined ? undefined : birthdayBetween(birthDate, since, day);
}

/** What a Journey says of its consent and of whose it is. */
type Consented = { readonly [K in 'patient' | 'consent']: Pick<Journey[K], 'resource'> };

/**
 * Why the consent must be asked anew before content goes back or anything goes on: since it was given the resident
 * became 12 or 16, and now decides too, or alone (H6). Undefined when it stands. At 18 it is the resident's already.
 */
export function renewalDue({ patient, consent }: Consented, day: string): Said | undefined {
  const { birthDate } = patient.resource;
  const { dateTime } = consent.resource;
  return birthDate && dateTime ? birthdayBetween(birthDate, dateTime.slice(0, 10), day, 16) : undefined;
}
