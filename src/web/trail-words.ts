import type { Said } from '../fhir/outcome.ts';
import type { TrailLine } from '../referral/audit-event.ts';
import type { AuditLine } from '../referral/change.ts';

const say = (nl: string, en: string): Said => ({ nl, en });

/** What happened, by the event of a line; a line without words here says only what kind of act it was. */
export const trailWords: Readonly<Record<string, Said>> = {
  'referral-viewed': say('Verwijzing bekeken', 'Referral viewed'),
  'resource-read': say('Gegevens opgehaald door een systeem', 'Data read by a system'),
  'journey-downloaded': say('Verwijzing gedownload', 'Referral downloaded'),
  'letter-downloaded': say('Brief gedownload', 'Letter downloaded'),
  'list-viewed': say('Lijst bekeken', 'List viewed'),
  search: say('Gezocht door een systeem', 'Searched by a system'),
  'access-refused': say('Een systeem wilde iets, en mocht dat niet', 'A system tried something and was refused'),
  'move-refused': say('Stap geweigerd', 'Step refused'),
  'token-issued': say('Een systeem kreeg toegang voor vijf minuten', 'A system got access for five minutes'),
  'token-refused': say('Een systeem kreeg geen toegang', 'A system got no access'),
  'signing-keys-turned': say('Sleutels van de inlogdienst vernieuwd', 'Signing keys renewed'),
  'cds-asked': say('Het HIS vroeg of verwijzen kan', "The GP's system asked whether referring is possible"),
  'launch-note': say('Notitie in het HIS gezet', "Note put in the GP's system"),
  'delivery-given-up': say('Versturen opgegeven door de beheerder', 'Sending given up by the administrator'),
  'delivery-parked': say('Bericht apart gezet door de beheerder', 'Message set aside by the administrator'),
  'delivery-released': say('Bericht weer vrijgegeven door de beheerder', 'Message released by the administrator'),
  'delivery-to-call': say('Bericht op de bellijst gezet', 'Message put on the list of calls'),
  'general-question-overdue': say('Algemene vraag wacht te lang', 'General question waits too long'),
  'talk-not-planned': say('Kwartaalgesprek nog niet gepland', 'Quarterly talk not planned yet'),
  'break-glass': say('Noodinzage geopend, met een reden', 'Opened by break-glass, with a reason'),
  'client-registered': say('Systeem toegelaten', 'System registered'),
  'client-changed': say('Gegevens van een systeem veranderd', 'System changed'),
  'client-revoked': say('Systeem niet meer toegelaten', 'System revoked'),
  'credential-given': say('Sleutel aan een praktijk gegeven', 'Credential given to a practice'),
  'credential-revoked': say('Sleutel van een praktijk ingetrokken', 'Credential of a practice revoked'),
  'person-sessions-ended': say('Iemand overal uitgelogd', 'Somebody signed out everywhere'),
  'person-locked-out': say('Iemand niet meer toegelaten', 'Somebody locked out'),
  'person-let-in': say('Iemand weer toegelaten', 'Somebody let in again'),
  'destination-secret-kept': say('Onze sleutel voor een ontvanger bewaard', 'Our secret for a receiver kept'),
  'link-sent': say('Link gestuurd naar een organisatie', 'Link sent to an organisation'),
  'link-opened': say('Link geopend door een organisatie', 'Link opened by an organisation'),
  'link-code-mailed': say('Code bij een link gestuurd', 'Code for a link sent'),
  'link-revoked': say('Link ingetrokken', 'Link revoked'),
  'objection-asked': say('De inwoner maakt bezwaar', 'The resident objects'),
  'alarm-opened': say('Alarm begonnen', 'Alarm opened'),
  'alarm-over': say('Alarm voorbij', 'Alarm over'),
  'alarm-digest': say('Ochtendbericht gestuurd', 'Morning digest sent'),
  'endpoint-tested': say('Verbinding getest', 'Connection tested'),
  'subscription-asked': say('Een systeem wil bericht krijgen van wijzigingen', 'A system asked to be told of changes'),
  'subscription-stopped': say('Een systeem krijgt geen bericht meer', 'A system is told no more'),
  'subscription-off': say('Bericht van wijzigingen uitgezet', 'Being told of changes turned off'),
  'subscription-told': say('Een systeem kreeg bericht van een wijziging', 'A system was told of a change'),
  'subscription-not-followed': say('Een systeem kon geen bericht krijgen', 'A system could not be told'),
  'page-refused': say('Wilde een pagina openen, en mocht dat niet', 'Tried to open a page and was refused'),
  'referral-received': say('Verwijzing ontvangen', 'Referral received'),
  'referral-refused': say('Bericht geweigerd', 'Message refused'),
  'referral-registered': say('Verwijzing genoteerd na telefoon', 'Referral noted after a call'),
  'referral-confirmed': say('Verwijzing bevestigd', 'Referral confirmed'),
  'referral-corrected': say('Verwijzing verbeterd', 'Referral corrected'),
  'referral-supplemented': say('Verwijzing aangevuld', 'Referral supplemented'),
  'referral-withdrawn': say('Verwijzing ingetrokken', 'Referral withdrawn'),
  'referral-taken-back': say('Verwijzing teruggenomen', 'Referral taken back'),
  'referral-recalled': say('Verwijzing teruggeroepen', 'Referral recalled'),
  'referral-ended': say('Verwijzing gestopt', 'Referral ended'),
  'referral-cancelled-ahead': say('Ingetrokken voordat de verwijzing kwam', 'Withdrawn before the referral came'),
  'supplement-kept': say('Aanvulling bewaard tot de verwijzing komt', 'Supplement kept until its referral comes'),
  'supplement-refused': say('Aanvulling geweigerd', 'Supplement refused'),
  'task-opened': say('Werk voor het eerst geopend', 'Work opened for the first time'),
  'task-accepted': say('Werk aangenomen', 'Work accepted'),
  'task-declined': say('Werk niet aangenomen', 'Work declined'),
  'task-given-up': say('Gesloten: niet bereikt', 'Closed: not reached'),
  'task-on-hold': say('Werk rust', 'Work rests'),
  'task-resumed': say('Werk weer opgepakt', 'Work taken up again'),
  'task-resumed-own': say('Eigen werk weer opgepakt', 'Own work taken up again'),
  'task-reassigned': say('Overgedragen', 'Handed over'),
  'task-offered': say('Aangeboden aan een collega', 'Offered to a colleague'),
  'task-offer-refused': say('Aanbod niet aangenomen', 'Offer not taken'),
  'task-taken-over': say('Overgenomen', 'Taken over'),
  'task-acting': say('Waarneming begonnen', 'Substitution began'),
  'contact-made': say('Contact genoteerd', 'Contact noted'),
  'contact-attempted': say('Poging tot contact genoteerd', 'Attempt at contact noted'),
  'appointment-booked': say('Afspraak genoteerd', 'Appointment noted'),
  'appointment-cancelled': say('Afspraak afgezegd', 'Appointment cancelled'),
  'no-show': say('Niet verschenen genoteerd', 'No-show noted'),
  'question-asked': say('Vraag gesteld', 'Question asked'),
  'question-answered': say('Vraag beantwoord', 'Question answered'),
  'stop-asked': say('Gevraagd om te stoppen', 'Asked to stop'),
  'stop-agreed': say('Gestopt op verzoek', 'Stopped on request'),
  'stop-refused': say('Verzoek om te stoppen afgewezen', 'Request to stop declined'),
  'referred-on': say('Verder verwezen', 'Referred on'),
  'onward-heard': say('Bericht van een andere organisatie', 'Word from another organisation'),
  'lead-set': say('Regie vastgelegd', 'Lead recorded'),
  'feedback-interim': say('Tussenbericht geschreven', 'Interim message written'),
  'feedback-final': say('Terugkoppeling geschreven', 'Feedback written'),
  'feedback-landed': say('Terugkoppeling aangekomen', 'Feedback arrived'),
  'practice-called': say('Praktijk gebeld', 'Practice called'),
  'delivery-attempted': say('Verstuurd naar een ander systeem', 'Sent to another system'),
  'delivery-landed': say('Aangekomen bij de ontvanger', 'Arrived at the receiver'),
  'delivery-held': say('Versturen lukte niet', 'Sending failed'),
  'delivery-retried': say('Opnieuw verstuurd door de beheerder', 'Sent again by the administrator'),
  'clock-overdue': say('Termijn verlopen', 'Deadline passed'),
  'transfer-confirmed': say('Staat in het eigen dossier van de Wally', "Stands in the Wally's own record"),
  'transfer-undone': say('Staat toch niet in het eigen dossier', 'Not in their own record after all'),
  'work-handed-over': say('Werk overgedragen', 'Work handed over'),
  'content-purged': say('Inhoud gewist na de bewaartijd', 'Content erased after its time'),
  'content-erased': say('Inhoud gewist op verzoek', 'Content erased on request'),
  'hold-set': say('Vastgehouden', 'Held'),
  'hold-released': say('Losgelaten', 'Released'),
  'objection-noted': say('Bezwaar genoteerd', 'Objection noted'),
  'correction-asked': say('Om verbetering gevraagd', 'Correction asked for'),
  'consent-withdrawn': say('Toestemming ingetrokken', 'Consent withdrawn'),
  'person-searched': say('Naar een inwoner gezocht', 'A resident searched for'),
  'person-found': say('Inwoner gevonden bij een zoekopdracht', 'Resident found by a search'),
  'access-put-together': say('Alles bij elkaar gezet voor inzage', 'Put together for access'),
  'access-viewed': say('Verzoek om inzage bekeken', 'Request for access viewed'),
  'access-downloaded': say('Bestand voor inzage gedownload', 'File for access downloaded'),
  'access-given': say('Kopie gegeven aan de inwoner', 'Copy given to the resident'),
  'audit-viewed': say('Logboek bekeken', 'Audit trail viewed'),
  'audit-exported': say('Logboek gedownload', 'Audit trail exported'),
  'sign-in': say('Ingelogd', 'Signed in'),
  'sign-out': say('Uitgelogd', 'Signed out'),
  'keys-rotated': say('Sleutels vernieuwd', 'Keys renewed'),
  'directory-changed': say('Adreslijst veranderd', 'Directory changed'),
  'directory-loaded': say('Adreslijst geladen', 'Directory loaded'),
  'endpoints-moved': say('Verbindingen veranderd', 'Connections changed'),
  'absence-changed': say('Afwezigheid veranderd', 'Absence changed'),
};

const byAction: Readonly<Record<AuditLine['action'], Said>> = {
  C: say('Iets nieuws vastgelegd', 'Something new recorded'),
  R: say('Gelezen', 'Read'),
  U: say('Iets veranderd', 'Something changed'),
  D: say('Iets gewist', 'Something erased'),
  E: say('Iets uitgevoerd', 'Something carried out'),
};

const roles: Readonly<Record<string, Said>> = {
  practice: say('huisartsenpraktijk', 'GP practice'),
  'practice-system': say('systeem van de praktijk', "the practice's system"),
  wally: say('Wally', 'Wally'),
  'team-lead': say('teamleider', 'team lead'),
  administrator: say('beheerder van de regio', 'administrator of the region'),
  line: say('Kortelijn zelf', 'Kortelijn itself'),
  none: say('onbekend', 'unknown'),
};

const purposes: Readonly<Record<AuditLine['purpose'], Said>> = {
  TREAT: say('hulp aan de inwoner', 'help to the resident'),
  BTG: say('noodinzage, met een reden', 'break-glass, with a reason'),
  HOPERAT: say('beheer en rechten', 'operations and rights'),
  SYSADMIN: say('technisch beheer', 'system administration'),
};

const refusedSaid = say('geweigerd', 'refused');
const failedSaid = say('mislukt', 'failed');

/** What a line says in plain words: what, in which role, for what, and how it ended when that was no yes. */
export function lineWords({ line }: TrailLine): {
  readonly what: Said;
  readonly role: Said;
  readonly purpose: Said;
  readonly ended?: Said;
} {
  const ended = line.outcome === 'refused' ? refusedSaid : line.outcome === 'failed' ? failedSaid : undefined;
  return {
    what: trailWords[line.event] ?? byAction[line.action] ?? byAction.E,
    role: roles[line.actor.role] ?? say(line.actor.role, line.actor.role),
    purpose: purposes[line.purpose] ?? purposes.SYSADMIN,
    ...(ended && { ended }),
  };
}
