import type { Said } from '../../fhir/outcome.ts';

// One per code of delivery/failure.ts and the connectors: the cause in plain words, then who must act.
const failures: Record<string, Said> = {
  unreachable: {
    nl: 'Het systeem van de ontvanger is niet bereikbaar. Kortelijn probeert het vanzelf opnieuw. Duurt het langer dan een dag: bel de praktijk of haar leverancier.',
    en: "The receiver's system cannot be reached. Kortelijn tries again by itself. If it lasts longer than a day: call the practice or its supplier.",
  },
  'connection-lost': {
    nl: 'De verbinding brak tijdens het versturen af. Kortelijn vraagt eerst of het bericht er al is, en stuurt het dan pas opnieuw.',
    en: 'The connection broke while sending. Kortelijn first asks whether the message is there, and only then sends it again.',
  },
  timeout: {
    nl: 'De ontvanger antwoordde niet op tijd. Kortelijn vraagt eerst of het bericht er al is, en stuurt het dan pas opnieuw.',
    en: 'The receiver did not answer in time. Kortelijn first asks whether the message is there, and only then sends it again.',
  },
  'receiver-fault': {
    nl: 'Bij de ontvanger ging iets stuk. Kortelijn probeert het vanzelf opnieuw. Blijft het zo: bel de leverancier.',
    en: 'Something broke at the receiver. Kortelijn tries again by itself. If it stays like this: call the supplier.',
  },
  'answer-too-large': {
    nl: 'Het antwoord van de ontvanger was te groot om te lezen. Kortelijn probeert het opnieuw. Blijft het zo: bel de leverancier.',
    en: "The receiver's answer was too large to read. Kortelijn tries again. If it stays like this: call the supplier.",
  },
  'no-fhir': {
    nl: 'Het systeem van de ontvanger gaf een antwoord dat geen FHIR is. Bel de leverancier en controleer het adres in de adreslijst.',
    en: "The receiver's system gave an answer that is no FHIR. Call the supplier, and check the address in the directory.",
  },
  'changed-there': {
    nl: 'In het dossiersysteem veranderde iets terwijl Kortelijn schreef. Kortelijn leest dat eerst, en schrijft dan opnieuw.',
    en: 'Something changed in the case system while Kortelijn was writing. Kortelijn reads that first, and then writes again.',
  },
  unavailable: {
    nl: 'De ontvanger is even niet beschikbaar, bijvoorbeeld door onderhoud. Kortelijn probeert het vanzelf opnieuw.',
    en: 'The receiver is not available for a while, for example for maintenance. Kortelijn tries again by itself.',
  },
  busy: {
    nl: 'De ontvanger vraagt om te wachten. Kortelijn probeert het vanzelf later opnieuw.',
    en: 'The receiver asks us to wait. Kortelijn tries again later by itself.',
  },
  unauthorised: {
    nl: 'De ontvanger laat ons niet binnen: de sleutel klopt niet (meer). Vraag de leverancier om een nieuwe sleutel, en probeer dan opnieuw.',
    en: 'The receiver does not let us in: the key is not valid (any more). Ask the supplier for a new key, then try again.',
  },
  certificate: {
    nl: 'Het certificaat van de ontvanger is verlopen of klopt niet. Bel de leverancier; daarna gaat het vanzelf verder.',
    en: "The receiver's certificate has expired or is wrong. Call the supplier; after that it goes on by itself.",
  },
  rejected: {
    nl: 'Het systeem van de ontvanger heeft het bericht geweigerd. Bel de leverancier met het nummer. Opnieuw proberen helpt pas als daar iets is veranderd.',
    en: "The receiver's system refused the message. Call the supplier with the number. Trying again only helps after something changed there.",
  },
  'not-confirmed': {
    nl: 'De ontvanger nam het bericht aan, maar bevestigde in zeven dagen niet dat het verwerkt is. Bel de praktijk en vraag of het in het dossier staat.',
    en: 'The receiver took the message, but did not confirm within seven days that it was processed. Call the practice and ask whether it is in the record.',
  },
  'consent-to-renew': {
    nl: 'De inwoner werd intussen 12 of 16 jaar. De Wally vraagt opnieuw om toestemming; tot dan gaat er geen inhoud naar de praktijk. U hoeft niets te doen.',
    en: 'Meanwhile the resident became 12 or 16. The Wally asks for consent anew; until then no content goes to the practice. There is nothing for you to do.',
  },
  'consent-withdrawn': {
    nl: 'De inwoner trok de toestemming in. Het bericht gaat niet meer. U hoeft niets te doen.',
    en: 'The resident withdrew the consent. The message does not go any more. There is nothing for you to do.',
  },
  recalled: {
    nl: 'De verwijzing is teruggeroepen. Het bericht gaat niet meer. U hoeft niets te doen.',
    en: 'The referral was called back. The message does not go any more. There is nothing for you to do.',
  },
  fault: {
    nl: 'Er ging iets mis in Kortelijn zelf. Het bericht is bewaard en wordt vanzelf opnieuw geprobeerd. Meld het nummer bij de ontwikkelaars.',
    en: 'Something went wrong in Kortelijn itself. The message is kept and tried again by itself. Report the number to the developers.',
  },
  erased: {
    nl:
      'De inhoud van deze verwijzing is gewist. Er valt niets meer te versturen; opnieuw proberen helpt niet. ' +
      'Laat de praktijk met het nummer weten dat er geen bericht meer komt.',
    en: 'The content of this referral was erased. There is nothing left to send; trying again does not help. Tell the practice with the number that no message will come.',
  },
  redirected: {
    nl: 'Het adres van de ontvanger is verhuisd. Zet het nieuwe adres in de adreslijst, en probeer dan opnieuw.',
    en: "The receiver's address has moved. Put the new address in the directory, then try again.",
  },
  'address-unknown': {
    nl: 'Het adres van de ontvanger bestaat niet (meer). Pas het aan in de adreslijst, en probeer dan opnieuw.',
    en: "The receiver's address does not exist (any more). Change it in the directory, then try again.",
  },
  'host-not-allowed': {
    nl: 'Kortelijn mag niet naar dit adres sturen. Zet het adres op de lijst van toegestane adressen, of verbeter het in de adreslijst.',
    en: 'Kortelijn may not send to this address. Put it on the list of allowed addresses, or correct it in the directory.',
  },
  'no-address': {
    nl: 'Van deze ontvanger is geen adres bekend. Vul het aan in de adreslijst, en probeer dan opnieuw.',
    en: 'No address is known for this receiver. Add it to the directory, then try again.',
  },
  'no-mailbox': {
    nl: 'Kortelijn heeft nog geen toegang tot het postbusnetwerk van de zorg. Stel die in, en probeer dan opnieuw.',
    en: 'Kortelijn has no access to the care mailbox network yet. Configure it, then try again.',
  },
  'mail-deferred': {
    nl: 'De mailserver nam de mail nog niet aan. Kortelijn probeert het vanzelf opnieuw.',
    en: 'The mail server did not take the mail yet. Kortelijn tries again by itself.',
  },
  'mail-rejected': {
    nl: 'De mailserver heeft de mail geweigerd. Controleer het mailadres in de adreslijst, en probeer dan opnieuw.',
    en: 'The mail server refused the mail. Check the mail address in the directory, then try again.',
  },
};

/** What a failure code means and who must act; a code without a sentence is named, it never holds another system's words. */
export function failureSaid(code: string): Said {
  return (
    failures[code] ?? {
      nl: `Het versturen lukte niet. Meld code ${code} met het nummer bij de ontwikkelaars van Kortelijn.`,
      en: `Sending did not work. Report code ${code} with the number to the developers of Kortelijn.`,
    }
  );
}
