import type { Said } from '../fhir/outcome.ts';

/** Sentences that say the same whoever did it and however it ended. */
const plain: Readonly<Record<string, Said>> = {
  received: { nl: 'Verwijzing ontvangen van de praktijk', en: 'Referral received from the practice' },
  visible: { nl: 'Op de werklijst gezet', en: 'Put on the worklist' },
  attempt: { nl: 'Geprobeerd de inwoner te bereiken', en: 'Tried to reach the resident' },
  'no-show': { nl: 'De inwoner kwam niet op de afspraak', en: 'The resident did not come to the appointment' },
  asked: { nl: 'Vraag gesteld aan de praktijk', en: 'Question asked of the practice' },
  resumed: { nl: 'Weer opgepakt na een rust', en: 'Taken up again after a rest' },
  forwarded: { nl: 'Ook verwezen naar een andere organisatie', en: 'Also referred to another organisation' },
  'onward-heard': { nl: 'De andere organisatie heeft geantwoord', en: 'The other organisation answered' },
  declined: { nl: 'Niet aangenomen door de Wally', en: 'Declined by the Wally' },
  cancelled: { nl: 'Ingetrokken door de praktijk', en: 'Withdrawn by the practice' },
  corrected: { nl: 'Verbeterd door de praktijk', en: 'Corrected by the practice' },
  supplemented: { nl: 'Aangevuld door de praktijk', en: 'Supplemented by the practice' },
  'stop-asked': { nl: 'De praktijk vraagt om te stoppen', en: 'The practice asks to stop' },
  recalled: { nl: 'Teruggeroepen: hoorde hier niet', en: 'Recalled: should not have been sent' },
  registered: { nl: 'Per telefoon gemeld, genoteerd door de Wally', en: 'Came by telephone, noted by the Wally' },
  confirmed: { nl: 'Bevestigd door de praktijk', en: 'Confirmed by the practice' },
  'objection-asked': { nl: 'De inwoner wil bezwaar maken: bel', en: 'The resident wants to object: call' },
  deviated: { nl: 'Gedaan door de teamleider, met een reden', en: 'Done by the team lead, with a reason' },
};

const readAloud: Said = { nl: 'Terugkoppeling voorgelezen per telefoon', en: 'Feedback read aloud by telephone' };

/** Sentences that depend on how it ended; the first is for any other outcome. */
const byOutcome: Readonly<Record<string, readonly [other: Said, outcomes: Readonly<Record<string, Said>>]>> = {
  contact: [plain.attempt as Said, { made: { nl: 'Contact met de inwoner', en: 'Contact with the resident' } }],
  feedback: [
    { nl: 'Tussenbericht geschreven', en: 'Interim message written' },
    { final: { nl: 'Laatste terugkoppeling geschreven', en: 'Final feedback written' } },
  ],
  closed: [
    { nl: 'Afgesloten door de Wally', en: 'Closed by the Wally' },
    { 'not-reached': { nl: 'Afgesloten: de inwoner is niet bereikt', en: 'Closed: the resident was not reached' } },
  ],
  landed: [
    { nl: 'Terugkoppeling aangekomen bij de praktijk', en: 'Feedback arrived at the practice' },
    { 'final by-phone': readAloud, 'interim by-phone': readAloud },
  ],
  appointment: [
    { nl: 'Afspraak gemaakt met de inwoner', en: 'Appointment made with the resident' },
    { cancelled: { nl: 'Afspraak afgezegd', en: 'Appointment cancelled' } },
  ],
  answered: [
    { nl: 'De praktijk heeft geantwoord', en: 'The practice answered' },
    { phone: { nl: 'De praktijk heeft per telefoon geantwoord', en: 'The practice answered by telephone' } },
  ],
  rest: [
    { nl: 'Rust, tot een afgesproken dag', en: 'Rest, until an agreed day' },
    {
      time: {
        nl: 'De inwoner wil tijd: rust tot een afgesproken dag',
        en: 'The resident wants time: a rest until an agreed day',
      },
    },
  ],
  lead: [
    { nl: 'De regie is bij de Wally', en: 'The Wally has the lead' },
    {
      practice: { nl: 'De regie is bij de praktijk', en: 'The practice has the lead' },
      organisation: { nl: 'De regie is bij een andere organisatie', en: 'Another organisation has the lead' },
    },
  ],
  'stop-answered': [
    { nl: 'De Wally gaat door, in overleg met de inwoner', en: 'The Wally goes on, as agreed with the resident' },
    { agreed: { nl: 'Gestopt, op verzoek van de praktijk', en: 'Stopped, as the practice asked' } },
  ],
  ended: [
    { nl: 'Gestopt', en: 'Stopped' },
    {
      'consent-withdrawn': { nl: 'Gestopt: de toestemming is ingetrokken', en: 'Stopped: the consent was withdrawn' },
      deceased: { nl: 'Gestopt: de inwoner is overleden', en: 'Stopped: the resident has died' },
      moved: { nl: 'Gestopt: de inwoner is verhuisd', en: 'Stopped: the resident moved away' },
      'other-practice': {
        nl: 'Gestopt: de inwoner heeft een andere huisarts',
        en: 'Stopped: the resident has another GP',
      },
    },
  ],
};

const overdueSteps: Readonly<Record<string, Said>> = {
  reminder: { nl: 'Te laat: herinnering gestuurd', en: 'Late: reminder sent' },
  substitute: { nl: 'Te laat: de vervanger is gewaarschuwd', en: 'Late: the substitute was told' },
  'team-lead': { nl: 'Te laat: de teamleider is gewaarschuwd', en: 'Late: the team lead was told' },
  practice: {
    nl: 'Te laat: de praktijk weet dat er nog geen antwoord is',
    en: 'Late: the practice was told that there is no answer yet',
  },
};

const withOwner: Readonly<Record<string, (owner: string, outcome: string | null) => Said>> = {
  assigned: (owner) =>
    owner
      ? { nl: `Toegewezen aan ${owner}`, en: `Assigned to ${owner}` }
      : { nl: 'In de teamwachtrij gezet', en: 'Put in the team queue' },
  opened: (owner) => ({ nl: `Geopend door ${owner}`, en: `Opened by ${owner}` }),
  accepted: (owner) => ({ nl: `Aangenomen door ${owner}`, en: `Accepted by ${owner}` }),
  offered: (owner, outcome) =>
    outcome === 'refused'
      ? { nl: 'Een collega neemt het niet over', en: 'A colleague does not take it over' }
      : { nl: `Aangeboden aan ${owner}`, en: `Offered to ${owner}` },
  acting: (owner) =>
    owner
      ? { nl: `${owner} neemt waar`, en: `${owner} acts in the owner's place` }
      : { nl: 'Niemand kan waarnemen: in de teamwachtrij gezet', en: 'Nobody can act: put in the team queue' },
};

/** A sentence for what happened on a journey; `owner` (a name) and the event's outcome fill it in. */
export function eventSaid(event: { readonly kind: string; readonly outcome: string | null }, owner: string): Said {
  const { kind, outcome } = event;
  const [other, outcomes] = byOutcome[kind] ?? [];
  return (
    withOwner[kind]?.(owner, outcome) ??
    outcomes?.[outcome ?? ''] ??
    other ??
    (kind === 'overdue' ? overdueSteps[outcome?.split(' ')[1] ?? ''] : undefined) ??
    plain[kind] ?? { nl: kind, en: kind }
  );
}
