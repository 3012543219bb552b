import type { Issue, IssueCode } from './outcome.ts';

/** `{f}` is the field as the sender wrote it, `{d}` a detail of ours; a value of the message is never in it. */
const dutch = {
  'too-deep': 'Het bericht is te groot of te diep genest: hoogstens 50.000 waarden en 64 lagen. Splits het op.',
  'unknown-resource-type': 'Het resourceType ontbreekt of bestaat niet in FHIR R4. Let op spelling en hoofdletters.',
  'not-examined': 'Een {f} mag meekomen, maar wij gebruiken en controleren die niet.',
  'unknown-field': 'Het veld {f} bestaat op deze plaats niet in FHIR R4. Haal het weg of verbeter de naam.',
  'wrong-type': 'Het veld {f} heeft niet de goede JSON-vorm. Schrijf het als {d}.',
  'empty-value': 'Het veld {f} is leeg. Vul het in of laat het veld weg.',
  'two-choices': 'Het veld {f} staat er in meer dan één vorm. Laat er één staan.',
  'code-not-allowed': 'Het veld {f} heeft een code die hier niet mag. Kies uit: {d}.',
  'unsafe-narrative': 'De opmaak in {f} mag niet: geen script, iframe, on-attributen of verwijzingen naar buiten.',
  'missing-field': 'Het veld {f} is verplicht en ontbreekt. Vul het in.',
  'impossible-date': 'Het veld {f} is geen bestaande datum. Schrijf jaar-maand-dag, bijvoorbeeld {d}.',
  'bad-format': 'Het veld {f} heeft niet de vorm die FHIR R4 voorschrijft ({d}). Verbeter de schrijfwijze.',
  invariant: 'Hier klopt een regel van FHIR R4 niet. Pas de inhoud aan. De regel, in het Engels: {d}',
  'not-checked': 'Dit deel konden wij niet controleren. Vergelijk het met FHIR R4. Klopt het? Bel ons dan.',
  'too-many': 'Er zijn meer dan 500 fouten. Verbeter eerst deze en stuur het bericht dan opnieuw.',
};
export type Reason = keyof typeof dutch;

/** The issue code of FHIR, and the sentence in English. */
const english: Record<Reason, readonly [IssueCode, string]> = {
  'too-deep': ['structure', 'The message is too large or nested too deeply: at most 50,000 values and 64 levels.'],
  'unknown-resource-type': ['structure', 'The resourceType is missing or not one of FHIR R4. Check the spelling.'],
  'not-examined': ['informational', '{f} may come along, but we neither use nor check it.'],
  'unknown-field': ['structure', 'FHIR R4 has no field {f} at this place. Remove it or correct its name.'],
  'wrong-type': ['structure', 'The field {f} does not have the right JSON form. Write it as {d}.'],
  'empty-value': ['value', 'The field {f} is empty. Fill it in or leave the field out.'],
  'two-choices': ['structure', 'The field {f} is there in more than one form. Keep one.'],
  'code-not-allowed': ['code-invalid', 'The field {f} has a code that is not allowed here. Choose from: {d}.'],
  'unsafe-narrative': ['value', 'The markup in {f} is not allowed: no script, iframe, on-attributes or outside links.'],
  'missing-field': ['required', 'The field {f} is required and missing. Fill it in.'],
  'impossible-date': ['value', 'The field {f} is not an existing date. Write year-month-day, for example {d}.'],
  'bad-format': ['value', 'The field {f} does not have the form FHIR R4 prescribes ({d}). Correct how it is written.'],
  invariant: ['invariant', 'A rule of FHIR R4 is not met here. Change the content. The rule: {d}'],
  'not-checked': ['exception', 'We could not check this part. Compare it with FHIR R4. If it is right, call us.'],
  'too-many': ['incomplete', 'There are more than 500 errors. Correct these first, then send the message again.'],
};

/** One issue of a reason at a path, with its sentence in both languages. */
export function validationIssue(reason: Reason, path: string, field: string, detail: string): Issue {
  const fill = (text: string) => text.replace('{f}', () => field).replace('{d}', () => detail);
  const [code, text] = english[reason];
  const severity = reason === 'not-examined' ? 'information' : 'error';
  return { severity, code, path, said: { nl: fill(dutch[reason]), en: fill(text) }, reason };
}
