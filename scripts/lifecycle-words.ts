import type { Condition, Move, Status, Transition, Who } from '../src/referral/transition-row.ts';

/** What a move is called in the picture, as a team lead would say it. */
export const moveWords: Record<Move, string> = {
  open: 'openen',
  accept: 'aannemen',
  decline: 'niet aannemen, met reden',
  attempt: 'bellen, niet bereikt',
  contact: 'contact gehad',
  appoint: 'afspraak maken',
  'cancel-appointment': 'afspraak afzeggen',
  'no-show': 'niet gekomen',
  ask: 'vraag aan de praktijk',
  answer: 'antwoord van de praktijk',
  hold: 'rust, met een einddag',
  resume: 'weer oppakken',
  offer: 'aanbieden aan een collega',
  'refuse-offer': 'aanbod niet aannemen',
  'take-over': 'overnemen',
  reassign: 'aan een ander geven',
  'too-close': 'ik ken deze inwoner',
  act: 'waarnemen bij afwezigheid',
  'resume-own': 'terug, zelf weer verder',
  'refer-on': 'verder verwijzen',
  'hear-onward': 'antwoord van een andere organisatie',
  report: 'tussenbericht',
  close: 'afsluiten met eindbericht',
  'give-up': 'niet bereikt, na drie dagen proberen',
  undo: 'terugnemen, in de bedenktijd',
  withdraw: 'intrekken door de praktijk',
  'ask-to-stop': 'de praktijk vraagt om te stoppen',
  'agree-to-stop': 'stoppen op verzoek',
  'refuse-to-stop': 'doorgaan, in overleg',
  'enter-in-error': 'terugroepen: hoorde hier niet',
  end: 'toestemming weg, overleden, verhuisd',
  confirm: 'de praktijk bevestigt',
};

/** What a state is called; the ones that no row of the table names have no place in the picture. */
export const stateWords: Partial<Record<Status, string>> = {
  requested: 'Nieuw',
  received: 'Gezien',
  accepted: 'Aangenomen',
  'in-progress': 'Bezig',
  'on-hold': 'In rust',
  rejected: 'Niet aangenomen',
  cancelled: 'Gestopt',
  failed: 'Niet bereikt',
  completed: 'Afgesloten',
  'entered-in-error': 'Teruggeroepen',
};

export const whoWords: Record<Who, string> = {
  owner: 'the Wally who has it',
  proposed: 'the colleague it is offered to',
  'acted-for': 'the Wally in whose place someone acts',
  practice: 'the practice',
  'practice-system': "the practice's system",
  wally: 'a Wally',
  'team-lead': 'the team lead',
  coordinator: 'the coordinator',
  administrator: 'the administrator',
  'wally-system': "a Wally organisation's system",
  'coordinator-system': "the coordinator's system",
  'administrator-system': "the administrator's system",
  line: 'the line itself',
};

export const conditionWords: Record<Condition, string> = {
  'nothing-open-elsewhere': 'no other organisation is still at work',
  'three-attempts': 'tried on three different days',
  'stop-asked': 'the practice asked to stop',
  'question-open': 'a question to the practice is open',
  'appointment-planned': 'an appointment stands',
  unconfirmed: 'noted by a Wally after a call',
};

export const tellsWords: Record<Transition['tells'][number], string> = {
  practice: 'the practice',
  owner: 'whoever has it',
  'next-owner': 'the next one',
  'former-owner': 'who had it',
  'team-lead': 'the team lead',
  organisation: 'the other organisation',
};
