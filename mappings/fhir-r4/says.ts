import type { Said } from '../../src/fhir/outcome.ts';

/** The sentence per error that the contract names. */
export const says: Record<string, Said> = {
  'required:patient': {
    nl: 'De gegevens van de inwoner (Patient) ontbreken of zijn niet te vinden bij subject. Stuur ze mee in dit bericht.',
    en: 'The data of the resident (Patient) are missing or cannot be found at subject. Send them in this message.',
  },
  'required:patient-name': {
    nl: 'De naam van de inwoner ontbreekt. Vul de achternaam in.',
    en: 'The name of the resident is missing. Fill in the family name.',
  },
  'required:birth-date': {
    nl: 'De geboortedatum ontbreekt. Zonder geboortedatum kunnen wij personen niet uit elkaar houden.',
    en: 'The birth date is missing. Without it we cannot tell people apart.',
  },
  'required:consent-by': {
    nl: 'Er staat niet bij wie toestemming gaf (Consent.performer). Leg dat vast en stuur de verwijzing opnieuw.',
    en: 'It does not say who gave consent (Consent.performer). Record that and send the referral again.',
  },
  'required:consent-date': {
    nl: 'De datum van de toestemming ontbreekt (Consent.dateTime).',
    en: 'The date of the consent is missing (Consent.dateTime).',
  },
  'required:consent-how': {
    nl: 'Er staat niet bij hoe de toestemming is gegeven: mondeling (spoken) of schriftelijk (written).',
    en: 'It does not say how consent was given: spoken or written.',
  },
  'required:referral-number': {
    nl:
      'De verwijzing heeft geen eigen nummer met systeem (ServiceRequest.identifier). ' +
      'Dat is nodig om dubbele verwijzingen te herkennen en het antwoord in het dossier te zetten.',
    en: 'The referral has no number of its own with a system (ServiceRequest.identifier). We need it to recognise duplicates and to file the answer.',
  },
  'required:authored-on': {
    nl: 'De datum van de verwijzing ontbreekt (ServiceRequest.authoredOn).',
    en: 'The date of the referral is missing (ServiceRequest.authoredOn).',
  },
  'value:whole-day': {
    nl: 'Deze datum moet een hele dag zijn: jaar, maand en dag.',
    en: 'This date must be a whole day: year, month and day.',
  },
  'required:reason': {
    nl: 'De reden van de verwijzing ontbreekt. Schrijf in uw eigen woorden waarom u verwijst (ServiceRequest.reasonCode.text, zonder medische code).',
    en: 'The reason for the referral is missing. Write in your own words why you refer (ServiceRequest.reasonCode.text, without a medical code).',
  },
  'value:status': {
    nl: 'Een nieuwe verwijzing heeft status active (of completed, zoals bij Nictiz). Concepten nemen wij niet aan.',
    en: 'A new referral has status active (or completed, as Nictiz has it). We do not take drafts.',
  },
  'value:replaces': {
    nl: 'Dit is een correctie, maar wij kunnen niet zien van welke verwijzing. Noem het oude nummer met systeem (ServiceRequest.replaces.identifier).',
    en: 'This is a correction, but we cannot see of which referral. Name the old number with its system (ServiceRequest.replaces.identifier).',
  },
  'value:intent': {
    nl: 'Een verwijzing heeft intent order. Voorstellen en plannen nemen wij niet aan.',
    en: 'A referral has intent order. We do not take proposals or plans.',
  },
};
