import type { Issue, Said } from '../fhir/outcome.ts';
import { ageOn, type Referral } from './referral.ts';
import { issue } from './refusal.ts';

type Paths = { readonly by: string; readonly on: string };

/**
 * What is wrong with the consent of a referral on a day; empty when it may be sent.
 * Under 12 the parents decide, at 12–15 both, from 16 the resident, or who may decide for them
 * (BW 7:447, 7:450, 7:465; Jeugdwet 7.3.4; safety.md H6, H7).
 */
export function consentIssues(referral: Referral, day: string, paths: Paths): Issue[] {
  const { by, on } = referral.consent;
  const age = ageOn(referral.patient.birthDate, day);
  const issues: Issue[] = [];
  const wrongPerson = (nl: string, en: string) =>
    issues.push(issue('business-rule', 'consent-by-wrong-person', paths.by, { nl, en }));
  if (age < 12 && by !== 'parents' && by !== 'representative') {
    wrongPerson(
      'Dit kind is jonger dan 12 jaar. De ouders of de voogd moeten toestemming geven.',
      'This child is younger than 12. The parents or the guardian must give consent.',
    );
  } else if (age >= 12 && age < 16 && by !== 'resident-and-parents' && by !== 'representative') {
    wrongPerson(
      'Deze jongere is 12 tot en met 15 jaar. De jongere zelf én de ouders moeten toestemming geven.',
      'This young person is between 12 and 15. Both the young person and the parents must give consent.',
    );
  } else if (age >= 16 && by === 'parents') {
    wrongPerson(
      'Vanaf 16 jaar geeft de inwoner zelf toestemming, niet de ouders.',
      'From the age of 16 the resident gives consent, not the parents.',
    );
  }
  if (on > day) {
    issues.push(
      issue('business-rule', 'consent-in-future', paths.on, {
        nl: 'De toestemming heeft een datum in de toekomst. Leg toestemming vast op de dag dat die gegeven is.',
        en: 'The consent has a date in the future. Record consent on the day it was given.',
      }),
    );
  }
  return issues;
}

const birthdays: readonly (readonly [age: number, said: Said])[] = [
  [
    12,
    {
      nl: 'Intussen 12 jaar: vraag nu ook de jongere zelf om toestemming.',
      en: 'Meanwhile 12 years old: now ask the young person for consent too.',
    },
  ],
  [
    16,
    {
      nl: 'Intussen 16 jaar: de inwoner beslist nu zelf. Vraag de inwoner om toestemming.',
      en: 'Meanwhile 16 years old: the resident decides now. Ask the resident for consent.',
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

/** The birthday since the consent was given after which someone else must consent (H6); the last one, undefined when none. */
export function birthdaySince(birthDate: string | undefined, since: string, day: string): Said | undefined {
  if (birthDate === undefined) return undefined;
  const passed = birthdays.filter(([age]) => ageOn(birthDate, since) < age && ageOn(birthDate, day) >= age);
  return passed.at(-1)?.[1];
}
