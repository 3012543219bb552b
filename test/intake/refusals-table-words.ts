import type { Said } from '../../src/fhir/outcome.ts';

/** What a person reads of each refusal: by reason, and where one reason has several sentences by what is after the colon. */
export const words: Readonly<Record<string, Said>> = {
  'missing-field:intent': {
    nl: 'Het veld intent is verplicht en ontbreekt. Vul het in.',
    en: 'The field intent is required and missing. Fill it in.',
  },
  'required-authored-on': {
    nl: 'De datum van de verwijzing ontbreekt (ServiceRequest.authoredOn).',
    en: 'The date of the referral is missing (ServiceRequest.authoredOn).',
  },
  'required-patient-name': {
    nl: 'De naam van de inwoner ontbreekt. Vul de achternaam in.',
    en: 'The name of the resident is missing. Fill in the family name.',
  },
  'code-not-allowed:priority': {
    nl: 'Het veld priority heeft een code die hier niet mag. Kies uit: routine, urgent, asap, stat.',
    en: 'The field priority has a code that is not allowed here. Choose from: routine, urgent, asap, stat.',
  },
  'impossible-date:birthDate': {
    nl: 'Het veld birthDate is geen bestaande datum. Schrijf jaar-maand-dag, bijvoorbeeld 1957-03-14.',
    en: 'The field birthDate is not an existing date. Write year-month-day, for example 1957-03-14.',
  },
  'bsn-invalid': {
    nl: 'Dit is geen geldig burgerservicenummer (de 11-proef klopt niet). Controleer het nummer of laat het weg.',
    en: 'This is not a valid citizen service number (BSN): the check digit is wrong. Check it or leave it out.',
  },
  'unresolved-reference': {
    nl: 'Deze verwijzing naar een ander gegeven klopt niet: het staat niet in dit bericht.',
    en: 'This reference does not resolve: what it points to is not in this message.',
  },
  'invariant:ppc-1': {
    nl: 'Hier klopt een regel van FHIR R4 niet. Pas de inhoud aan. De regel, in het Engels: ppc-1: Either a Policy or PolicyRule',
    en: 'A rule of FHIR R4 is not met here. Change the content. The rule: ppc-1: Either a Policy or PolicyRule',
  },
  deceased: {
    nl: 'Volgens het bericht is de inwoner overleden. Er is niets doorgestuurd.',
    en: 'According to the message the resident has died. Nothing was sent on.',
  },
  'consent-in-future': {
    nl: 'De toestemming heeft een datum in de toekomst. Leg toestemming vast op de dag dat die gegeven is.',
    en: 'The consent has a date in the future. Record consent on the day it was given.',
  },
  'bundle-type': {
    nl: 'Stuur een verwijzing als transaction.',
    en: 'Send a referral as a transaction.',
  },
  'other-resource': {
    nl: 'Op dit adres verwachten wij een Bundle.',
    en: 'At this address we expect a Bundle.',
  },
  'several-referrals': {
    nl: 'Dit bericht bevat meer dan één verwijzing (ServiceRequest). Stuur elke verwijzing apart.',
    en: 'This message holds more than one referral (ServiceRequest). Send each referral separately.',
  },
  'no-wally-service': {
    nl: 'Voor deze praktijk is nog geen Wally ingesteld. Bel de beheerder van uw regio.',
    en: 'No Wally has been set up for this practice yet. Call the administrator of your region.',
  },
  'consent-missing': {
    nl: 'Er staat geen toestemming van de inwoner bij. Vraag toestemming, leg vast wie die gaf en hoe, en stuur de verwijzing opnieuw.',
    en: 'The consent of the resident is missing. Ask for it, record who gave it and how, and send the referral again.',
  },
  'required-birth-date': {
    nl: 'De geboortedatum ontbreekt. Zonder geboortedatum kunnen wij personen niet uit elkaar houden.',
    en: 'The birth date is missing. Without it we cannot tell people apart.',
  },
  'not-parseable': {
    nl: 'Wij kunnen dit bericht niet lezen: het is geen geldige JSON.',
    en: 'We cannot read this message: it is not valid JSON.',
  },
  'too-deep': {
    nl: 'Het bericht is te groot of te diep genest: hoogstens 50.000 waarden en 64 lagen. Splits het op.',
    en: 'The message is too large or nested too deeply: at most 50,000 values and 64 levels.',
  },
  'method-not-supported': {
    nl: 'In een verwijzing mag u alleen gegevens toevoegen (POST of PUT).',
    en: 'In a referral you can only add data (POST or PUT).',
  },
  'not-supported-here': {
    nl: 'Dit kan hier niet. Wat wel kan staat in metadata.',
    en: 'This is not possible here. See metadata for what is.',
  },
  'no-such-resource': {
    nl: 'Dit gegeven bestaat niet, of het is niet van uw praktijk.',
    en: 'This resource does not exist, or it is not of your practice.',
  },
  'same-number-other-content': {
    nl: 'Onder dit nummer hebben wij al een verwijzing met een andere inhoud. Gebruik een nieuw nummer. Is het een correctie? Bel dan de Wally.',
    en: 'We already have a referral with this number and other content. Use a new number. Is it a correction? Then call the Wally.',
  },
  'too-large': {
    nl: 'Het bericht is te groot. Stuur het zonder grote bijlagen.',
    en: 'The message is too large. Send it without large attachments.',
  },
  'content-type': {
    nl: 'Stuur het bericht als JSON (Content-Type: application/fhir+json).',
    en: 'Send the message as JSON (Content-Type: application/fhir+json).',
  },
  'content-encoding': {
    nl: 'Wij kunnen dit bericht niet uitpakken. Stuur het zonder Content-Encoding, of met gzip.',
    en: 'We cannot unpack this message. Send it without a Content-Encoding, or with gzip.',
  },
  'try-again': {
    nl: 'Het lukt nu even niet. Er is niets verloren. Stuur het bericht over een minuut opnieuw.',
    en: 'This does not work right now. Nothing is lost. Send the message again in a minute.',
  },
  'unknown-credential': {
    nl: 'Wij kennen deze aanmelding niet. Controleer de sleutel (Authorization: Bearer) van uw praktijk.',
    en: 'We do not know this credential. Check the key (Authorization: Bearer) of your practice.',
  },
  'other-practice': {
    nl: 'Dit bericht hoort bij een andere praktijk dan de sleutel waarmee u het stuurt.',
    en: 'This message belongs to another practice than the key you send it with.',
  },
  'not-parseable:address': {
    nl: 'Wij kunnen dit adres niet lezen. Controleer de tekens met een procent (%).',
    en: 'We cannot read this address. Check the characters with a per cent sign (%).',
  },
  bug: {
    nl: 'Er ging bij ons iets mis. De verwijzing is niet aangenomen. Wij zijn gewaarschuwd; probeer het later opnieuw.',
    en: 'Something went wrong on our side. The referral was not taken. We have been warned; try again later.',
  },
  'not-parseable:hl7': {
    nl: 'Wij kunnen dit bericht niet lezen: het is geen geldig HL7 v2.',
    en: 'We cannot read this message: it is not valid HL7 v2.',
  },
  truncated: {
    nl: 'Dit bericht brak af voordat het compleet was. Er is niets van bewaard. Stuur het opnieuw.',
    en: 'This message broke off before it was complete. Nothing of it was kept. Send it again.',
  },
  'several-referrals:PID': {
    nl: 'Dit bericht heeft meer dan één PID. Stuur elke verwijzing apart.',
    en: 'This message has more than one PID. Send each referral separately.',
  },
  'data-type': {
    nl: 'De tekens in dit bericht passen niet bij de tekenset in MSH-18. Wij raden niet hoe een naam heet.',
    en: 'The characters of this message do not fit the character set in MSH-18. We do not guess how a name is spelled.',
  },
  'missing-field:MSH-10': {
    nl: 'Het nummer van het bericht (MSH-10) ontbreekt. Vul dit aan en stuur de verwijzing opnieuw.',
    en: 'The number of the message (MSH-10) is missing. Add it and send the referral again.',
  },
  'required-patient-name:PID-5': {
    nl: 'De naam van de inwoner ontbreekt (PID-5). Vul de achternaam in.',
    en: 'The name of the resident is missing (PID-5). Fill in the family name.',
  },
  'required-birth-date:PID-7': {
    nl: 'De geboortedatum ontbreekt (PID-7). Zonder geboortedatum kunnen wij personen niet uit elkaar houden.',
    en: 'The birth date is missing (PID-7). Without it we cannot tell people apart.',
  },
  'value-priority': {
    nl: 'Wij kennen deze urgentie niet (RF1-2). Bij gevaar: bel nu.',
    en: 'We do not know this priority (RF1-2). In danger: call now.',
  },
  'impossible-date': {
    nl: 'Deze datum kan niet. Controleer dag, maand en jaar.',
    en: 'This date is not possible. Check day, month and year.',
  },
  'message-type': {
    nl: 'Dit soort bericht kennen wij niet. Kortelijn neemt verwijzingen naar de Wally aan, en wijzigingen en intrekkingen daarvan.',
    en: 'We do not know this kind of message. Kortelijn takes referrals to the Wally, and changes and withdrawals of these.',
  },
  'event-code': {
    nl: 'Deze soort verwijzing (REF) kennen wij niet. Wij nemen aan: I12 (nieuw), I13 (wijziging) en I14 (intrekking).',
    en: 'We do not know this kind of referral (REF). We take I12 (new), I13 (change) and I14 (cancellation).',
  },
  'kept-for-later': {
    nl: 'Wij hebben nog geen verwijzing met dit nummer. Komt zij binnen 30 dagen alsnog, dan nemen wij haar niet aan.',
    en: 'We have no referral with this number yet. If it comes within 30 days, we will not take it.',
  },
  'other-person': {
    nl: 'De naam of de geboortedatum past niet bij de verwijzing met dit nummer. Er is niets veranderd. Controleer het nummer. Ging de verwijzing over de verkeerde persoon? Trek haar in en bel de Wally.',
    en: 'The name or the birth date does not fit the referral with this number. Nothing was changed. Check the number. Was the referral about the wrong person? Withdraw it and call the Wally.',
  },
  'already-closed': {
    nl: 'De Wally heeft deze verwijzing al afgesloten. Er is niets veranderd. Is er iets nieuws? Maak dan een nieuwe verwijzing.',
    en: 'The Wally has closed this referral already. Nothing was changed. Is there something new? Then make a new referral.',
  },
  'processing-id': {
    nl: 'Wij nemen alleen echte berichten aan (P), geen tests.',
    en: 'We only take production messages (P), no tests.',
  },
  'version-id': {
    nl: 'Deze versie van HL7 lezen wij niet; 2.3 tot en met 2.8 wel.',
    en: 'We do not read this version of HL7; we do read 2.3 to 2.8.',
  },
  'unknown-peer': {
    nl: 'Wij kennen deze afzender niet. Laat de beheerder van uw regio uw systeem en de naam in MSH-4 toevoegen.',
    en: 'We do not know this sender. Have the administrator of your region add your system and the name in MSH-4.',
  },
  'unknown-message': {
    nl: 'Wij hebben u geen bericht met dit nummer gestuurd.',
    en: 'We did not send you a message with this number.',
  },
  'cancelled-earlier': {
    nl: 'Uw praktijk heeft deze verwijzing eerder ingetrokken. Wilt u toch verwijzen? Maak dan een nieuwe verwijzing met een nieuw nummer.',
    en: 'Your practice withdrew this referral earlier. Do you want to refer after all? Then make a new referral with a new number.',
  },
};
