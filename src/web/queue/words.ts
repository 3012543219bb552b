import type { Said } from '../../fhir/outcome.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { ErrorClass } from '../../referral/error-class.ts';
import type { BulkAction } from '../../referral/queue-move.ts';
import type { DeliveryState } from '../../store/queue/deliveries.ts';
import { sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';

/** In the order in which they need a person. */
export const states: readonly DeliveryState[] = ['held', 'pending', 'queued', 'sent', 'landed', 'abandoned'];

export const stateSaid: Record<DeliveryState, Said> = {
  held: { nl: 'vastgelopen', en: 'stuck' },
  pending: { nl: 'nog te versturen', en: 'still to send' },
  queued: { nl: 'onderweg', en: 'on the way' },
  sent: { nl: 'nog zonder bevestiging', en: 'not confirmed yet' },
  landed: { nl: 'aangekomen', en: 'landed' },
  abandoned: { nl: 'gestopt', en: 'stopped' },
};

export const kindSaid: Record<string, Said> = {
  worklist: { nl: 'verwijzing op de werklijst', en: 'referral to the worklist' },
  notify: { nl: 'mail: er wacht werk', en: 'mail: work is waiting' },
  feedback: { nl: 'terugkoppeling', en: 'feedback' },
  alarm: { nl: 'alarm', en: 'alarm' },
  subscription: { nl: 'bericht aan een systeem: er is iets veranderd', en: 'notice to a system: something changed' },
  case: { nl: 'verwijzing aan een eigen dossiersysteem', en: 'referral to a case system' },
};

/** Which way a delivery goes, and the kinds that go that way. */
export const directions = {
  wally: { kinds: ['worklist', 'notify', 'alarm', 'case'], said: { nl: 'naar de Wally', en: 'to the Wally' } },
  practice: { kinds: ['feedback'], said: { nl: 'naar de praktijk', en: 'to the practice' } },
} as const;
export type Direction = keyof typeof directions;

export const ages = {
  hour: { ms: 3_600_000, said: { nl: 'ouder dan een uur', en: 'older than an hour' } },
  day: { ms: 86_400_000, said: { nl: 'ouder dan een dag', en: 'older than a day' } },
  week: { ms: 7 * 86_400_000, said: { nl: 'ouder dan een week', en: 'older than a week' } },
} as const;
export type Age = keyof typeof ages;

export const reasonSaid: Record<string, Said> = {
  superseded: { nl: 'iemand anders kreeg de verwijzing', en: 'someone else got the referral' },
  withdrawn: { nl: 'de praktijk trok de verwijzing in', en: 'the practice withdrew the referral' },
  fallback: {
    nl: 'het lukte niet; de terugkoppeling ging verder langs de volgende weg naar de praktijk',
    en: 'it did not work; the feedback went on by the next way to the practice',
  },
  ended: { nl: 'de verwijzing is gestopt', en: 'the referral was ended' },
  recalled: { nl: 'de verwijzing is teruggeroepen', en: 'the referral was recalled' },
  'consent-withdrawn': { nl: 'de inwoner trok de toestemming in', en: 'the resident withdrew the consent' },
  'consent-to-renew': {
    nl: 'de toestemming moest opnieuw worden gevraagd, en het werk stopte eerder',
    en: 'consent had to be asked anew, and the work ended before that',
  },
  'by-phone': { nl: 'het is voorgelezen per telefoon', en: 'it was read aloud by telephone' },
  'taken-back': { nl: 'de praktijk nam de verwijzing terug', en: 'the practice took the referral back' },
  parked: { nl: 'opzijgezet door de beheerder', en: 'set aside by the administrator' },
  'to-call': {
    nl: 'staat op de bellijst: de praktijk wordt gebeld of krijgt een brief',
    en: 'on the phone list: the practice is called or gets a letter',
  },
  reassigned: {
    nl: 'de beheerder stuurde het langs een andere weg naar de praktijk',
    en: 'the administrator sent it to the practice by another way',
  },
  'given-up': { nl: 'de beheerder gaf het op', en: 'the administrator gave it up' },
};

/** The name of a class, its cause in plain words, and who must act. */
export const classSaid: Record<ErrorClass, { readonly said: Said; readonly cause: Said; readonly who: Said }> = {
  invalid: {
    said: { nl: 'Klopt niet', en: 'Invalid' },
    cause: {
      nl: 'Een adres, instelling of bericht heeft niet de goede vorm, of er is niets meer om te versturen.',
      en: 'An address, setting or message does not have the right form, or nothing is left to send.',
    },
    who: {
      nl: 'U, in de adreslijst; bij een geweigerd bericht de leverancier van de praktijk.',
      en: "You, in the directory; for a refused message the practice's supplier.",
    },
  },
  unauthorised: {
    said: { nl: 'Geen toegang', en: 'No access' },
    cause: {
      nl: 'Een sleutel of naam is niet (meer) geldig.',
      en: 'A key or name is not valid (any more).',
    },
    who: { nl: 'De leverancier, voor een nieuwe sleutel.', en: 'The supplier, for a new key.' },
  },
  unreachable: {
    said: { nl: 'Niet bereikbaar', en: 'Unreachable' },
    cause: {
      nl: 'Het systeem van de ontvanger antwoordt niet of vraagt om te wachten.',
      en: "The receiver's system does not answer or asks to wait.",
    },
    who: {
      nl: 'Niemand, tenzij het langer dan een dag duurt: bel dan de leverancier.',
      en: 'Nobody, unless it lasts longer than a day: then call the supplier.',
    },
  },
  rejected: {
    said: { nl: 'Geweigerd door hun systeem', en: 'Rejected by their system' },
    cause: {
      nl: 'Het systeem van de ontvanger kreeg het bericht en weigerde het, of ging er zelf aan stuk.',
      en: "The receiver's system got the message and refused it, or broke on it.",
    },
    who: { nl: 'De leverancier van de ontvanger.', en: "The receiver's supplier." },
  },
  'unknown-patient': {
    said: { nl: 'Onbekende patiënt', en: 'Unknown patient' },
    cause: {
      nl: 'Wie het bericht noemt, past niet bij de verwijzing of kan niet gevonden worden.',
      en: 'Whom the message names does not fit the referral or cannot be found.',
    },
    who: { nl: 'De praktijk, in haar eigen systeem.', en: 'The practice, in its own system.' },
  },
  duplicate: {
    said: { nl: 'Dubbel', en: 'Duplicate' },
    cause: {
      nl: 'Onder dit nummer was er al iets anders.',
      en: 'There was something else under this number already.',
    },
    who: { nl: 'De leverancier van de praktijk.', en: "The practice's supplier." },
  },
  'no-wally': {
    said: { nl: 'Geen Wally', en: 'No Wally' },
    cause: { nl: 'Voor de praktijk is geen Wally ingesteld.', en: 'No Wally was set up for the practice.' },
    who: { nl: 'U, in de adreslijst.', en: 'You, in the directory.' },
  },
  'consent-missing': {
    said: { nl: 'Geen toestemming', en: 'Consent missing' },
    cause: {
      nl: 'De toestemming van de inwoner staat er niet of niet volledig bij. Van zo’n bericht bewaren wij geen inhoud.',
      en: 'The consent of the resident is missing or incomplete. Of such a message we keep no content.',
    },
    who: { nl: 'De praktijk: zij vraagt het en stuurt opnieuw.', en: 'The practice: it asks and sends again.' },
  },
  timeout: {
    said: { nl: 'Geen antwoord op tijd', en: 'No answer in time' },
    cause: {
      nl: 'De ontvanger antwoordde of bevestigde niet op tijd. Kortelijn vraagt eerst of het bericht er al is.',
      en: 'The receiver did not answer or confirm in time. Kortelijn first asks whether the message is there.',
    },
    who: {
      nl: 'Niemand, tenzij het vastloopt: bel dan de praktijk.',
      en: 'Nobody, unless it gets stuck: then call the practice.',
    },
  },
  certificate: {
    said: { nl: 'Certificaat', en: 'Certificate' },
    cause: {
      nl: 'Een certificaat is verlopen of klopt niet.',
      en: 'A certificate has expired or is wrong.',
    },
    who: {
      nl: 'De leverancier; daarna gaat het vanzelf verder.',
      en: 'The supplier; after that it goes on by itself.',
    },
  },
  bug: {
    said: { nl: 'Fout in Kortelijn', en: 'Fault in Kortelijn' },
    cause: {
      nl: 'Er ging iets mis in Kortelijn zelf. Er is niets verloren.',
      en: 'Something went wrong in Kortelijn itself. Nothing is lost.',
    },
    who: { nl: 'De ontwikkelaars: meld code en nummer.', en: 'The developers: report code and number.' },
  },
};

export const actionSaid: Record<BulkAction, Said> = {
  retry: { nl: 'Opnieuw proberen', en: 'Try again' },
  park: { nl: 'Opzijzetten', en: 'Set aside' },
  release: { nl: 'Weer vrijgeven', en: 'Release again' },
  call: { nl: 'Niet meer versturen: laat bellen', en: 'Send no more: have them called' },
};

export function destinationName(id: string, directory: Directory, viewer: Viewer): string {
  const t = sayIn(viewer.language);
  if (id === 'worklist') return t('Werklijst', 'Worklist');
  if (id === 'mail') return t('Mail', 'Mail');
  if (id === 'alarm:mail') return t('Alarmen per mail', 'Alarms by mail');
  if (id === 'alarm:webhook') return t('Alarmen per webhook', 'Alarms by webhook');
  if (id.startsWith('subscription:')) return t('Systeem dat bericht krijgt', 'System that is told of changes');
  if (id.startsWith('case:')) {
    const whose = id.slice('case:'.length);
    const role = whose.startsWith('role/') ? directory.roles.get(whose.slice('role/'.length)) : undefined;
    const name = role?.name ?? directory.teams.get(whose)?.name ?? id;
    return t(`Dossiersysteem van ${name}`, `Case system of ${name}`);
  }
  const [practice = '', channel] = id.replace(/^practice:/, '').split('/');
  const name = directory.practices.get(practice)?.name ?? id;
  return channel ? `${name}, ${t('weg', 'way')} ${channel}` : name;
}
