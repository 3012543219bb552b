import type { Said } from '../../src/fhir/outcome.ts';

/** A sentence for everything that the contract may say of a field; the path says which field it is. */
export const says: Readonly<Record<string, Said>> = {
  'required:field': {
    nl: 'Dit veld ontbreekt of is leeg. Vul het in, of laat ook het deel weg waar het in staat.',
    en: 'This field is missing or empty. Fill it in, or leave out the part it stands in.',
  },
  'value:type': {
    nl: 'Er staat niet bij wat voor bericht dit is (type), of wij kennen het niet: referral, correction, announcement, cancellation of supplement.',
    en: 'It does not say what message this is (type), or we do not know it: referral, correction, announcement, cancellation or supplement.',
  },
  'required:number': {
    nl: 'De verwijzing heeft geen eigen nummer (number). Dat is nodig om dubbele verwijzingen te herkennen en het antwoord in het dossier te zetten.',
    en: 'The referral has no number of its own (number). We need it to recognise duplicates and to file the answer.',
  },
  'required:written-at': {
    nl: 'Er staat niet bij wanneer de verwijzing geschreven is (writtenAt).',
    en: 'It does not say when the referral was written (writtenAt).',
  },
  'value:instant': {
    nl: 'Dit moet een moment zijn met tijdzone, zoals 2026-11-23T09:00:00+01:00.',
    en: 'This must be a moment with its time zone, like 2026-11-23T09:00:00+01:00.',
  },
  'required:patient': {
    nl: 'De gegevens van de inwoner (patient) ontbreken.',
    en: 'The data of the resident (patient) are missing.',
  },
  'required:patient-name': {
    nl: 'De naam van de inwoner ontbreekt. Vul de achternaam in.',
    en: 'The name of the resident is missing. Fill in the family name.',
  },
  'required:birth-date': {
    nl: 'De geboortedatum ontbreekt. Zonder geboortedatum kunnen wij personen niet uit elkaar houden.',
    en: 'The birth date is missing. Without it we cannot tell people apart.',
  },
  'required:reason': {
    nl: 'De reden van de verwijzing ontbreekt. Schrijf in uw eigen woorden waarom u verwijst (reason).',
    en: 'The reason for the referral is missing. Write in your own words why you refer (reason).',
  },
  'required:supplement': {
    nl: 'Deze aanvulling is leeg. Stuur tekst (text) of een brief (letters).',
    en: 'This supplement is empty. Send text or a letter (letters).',
  },
  'required:consent-by': {
    nl: 'Er staat niet bij wie toestemming gaf (consent.by). Leg dat vast en stuur de verwijzing opnieuw.',
    en: 'It does not say who gave consent (consent.by). Record that and send the referral again.',
  },
  'value:consent-by': {
    nl: 'Toestemming komt van resident, parents, resident-and-parents of representative.',
    en: 'Consent comes from resident, parents, resident-and-parents or representative.',
  },
  'value:custody': {
    nl: 'Het gezag ligt bij both-parents, one-parent of guardian. Is het niet bekend? Laat custody dan weg.',
    en: 'Custody is with both-parents, one-parent or guardian. If it is not known, leave custody out.',
  },
  'required:consent-how': {
    nl: 'Er staat niet bij hoe de toestemming is gegeven: mondeling (spoken) of schriftelijk (written).',
    en: 'It does not say how consent was given: spoken or written.',
  },
  'value:consent-how': {
    nl: 'Toestemming is mondeling (spoken) of schriftelijk (written).',
    en: 'Consent is spoken or written.',
  },
  'required:consent-date': {
    nl: 'De datum van de toestemming ontbreekt (consent.on).',
    en: 'The date of the consent is missing (consent.on).',
  },
  'value:consent-feedback': {
    nl: 'Kies wat er terug mag komen: content of closure-only.',
    en: 'Choose what may come back: content or closure-only.',
  },
  'value:text': { nl: 'Hier verwachten wij tekst.', en: 'We expect text here.' },
  'value:too-long': {
    nl: 'Deze tekst is te lang. Korte velden hebben hoogstens 200 tekens, teksten 8000.',
    en: 'This text is too long. Short fields have at most 200 characters, texts 8000.',
  },
  'value:list': { nl: 'Hier verwachten wij een lijst.', en: 'We expect a list here.' },
  'value:too-many': {
    nl: 'Deze lijst is te lang. In het schema staat hoeveel er mogen.',
    en: 'This list is too long. The schema says how many there may be.',
  },
  'value:object': { nl: 'Hier verwachten wij een object met velden.', en: 'We expect an object with fields here.' },
  'value:flag': {
    nl: 'Hier verwachten wij true of false. Wij raden niet wat bedoeld is.',
    en: 'We expect true or false here. We do not guess what is meant.',
  },
  'value:agb': { nl: 'Een AGB-code heeft acht cijfers.', en: 'An AGB code has eight digits.' },
  'value:gender': {
    nl: 'Het geslacht is male, female, other of unknown.',
    en: 'Gender is male, female, other or unknown.',
  },
  'value:priority': {
    nl: 'Wij kennen deze urgentie niet: routine, urgent, asap of stat. Bij gevaar: bel nu.',
    en: 'We do not know this priority: routine, urgent, asap or stat. In danger: call now.',
  },
  'value:content-type': {
    nl: 'Dit is geen soort bestand, zoals application/pdf.',
    en: 'This is not a media type, like application/pdf.',
  },
  'value:base64': { nl: 'Dit is geen geldige base64.', en: 'This is not valid base64.' },
};
