import type { Said } from '../fhir/outcome.ts';
import type { AlarmClass, Digest, RegionAlarm } from './region-alarm.ts';

/** What an alarm is called, what it means, who must act, and the page on which it is mended. */
export interface AlarmSaid {
  readonly title: Said;
  readonly cause: Said;
  readonly who: Said;
  readonly path: string;
}

const you: Said = { nl: 'U.', en: 'You.' };
const host: Said = { nl: 'Wie de server beheert.', en: 'Whoever runs the server.' };
const lead: Said = { nl: 'De teamleider van de Wally.', en: 'The team lead of the Wally.' };
const queue = '/admin';

export const alarmSaid: Readonly<Record<AlarmClass, AlarmSaid>> = {
  waiting: {
    title: { nl: 'Berichten wachten te lang', en: 'Messages wait too long' },
    cause: {
      nl: 'Er staat werk klaar dat niet weggaat. Staat een ontvanger op pauze? Anders staat de bezorging stil.',
      en: 'Work is ready that does not leave. Is a receiver paused? If not, delivering stands still.',
    },
    who: you,
    path: '/admin?age=hour',
  },
  held: {
    title: { nl: 'Berichten zijn vastgelopen', en: 'Messages are stuck' },
    cause: {
      nl: 'Deze berichten gaan niet vanzelf verder. Bij elk staat wat er is en welke knop helpt.',
      en: 'These messages do not go on by themselves. Each says what is wrong and which button helps.',
    },
    who: you,
    path: '/admin?state=held',
  },
  breaker: {
    title: { nl: 'Een ontvanger is niet bereikbaar', en: 'A receiver cannot be reached' },
    cause: {
      nl: 'Het systeem van de ontvanger antwoordt niet. Wij blijven het proberen; er gaat niets verloren.',
      en: "The receiver's system does not answer. We go on trying; nothing is lost.",
    },
    who: { nl: 'De leverancier van de ontvanger: bel die.', en: "The receiver's supplier: call them." },
    path: queue,
  },
  reconciled: {
    title: { nl: 'De wachtrij was iets kwijt', en: 'The queue had lost something' },
    cause: {
      nl: 'Kortelijn heeft het zelf hersteld: de berichten gaan opnieuw. Gebeurt het vaker, kijk dan naar Redis of de database.',
      en: 'Kortelijn mended it itself: the messages go again. If it happens more often, look at Redis or the database.',
    },
    who: host,
    path: queue,
  },
  'practice-silent': {
    title: { nl: 'Een praktijk is stil', en: 'A practice is silent' },
    cause: {
      nl: 'Er komt niets meer van deze praktijk, terwijl zij anders geregeld verwijst. Misschien is de koppeling stuk.',
      en: 'Nothing comes from this practice any more, though it usually refers. Its connection may be broken.',
    },
    who: {
      nl: 'U: bel de praktijk en vraag of verwijzen lukt.',
      en: 'You: call the practice and ask whether referring works.',
    },
    path: '/admin/directory',
  },
  'his-silent': {
    title: { nl: 'Een huisartssysteem bevestigt niets', en: 'A GP system confirms nothing' },
    cause: {
      nl: 'Het systeem neemt de terugkoppeling aan, maar zegt niet of die in het dossier komt.',
      en: 'The system takes the feedback but does not say whether it is filed.',
    },
    who: {
      nl: 'De leverancier van het systeem. Tot dan: de bellijst.',
      en: 'The supplier of the system. Until then: the phone list.',
    },
    path: '/admin/calls',
  },
  'wally-silent': {
    title: { nl: 'Een Wally opent niets', en: 'A Wally opens nothing' },
    cause: {
      nl: 'Er wacht werk, en al dagen kijkt niemand ernaar.',
      en: 'Work waits, and nobody has looked at it for days.',
    },
    who: lead,
    path: '/admin/journeys',
  },
  'nobody-present': {
    title: { nl: 'Er is geen Wally aanwezig', en: 'No Wally is present' },
    cause: {
      nl: 'De vaste Wally en de vervanger zijn er niet. Verwijzingen wachten in de lijst van het team.',
      en: 'The fixed Wally and the substitute are away. Referrals wait in the list of the team.',
    },
    who: lead,
    path: '/admin/directory',
  },
  audit: {
    title: { nl: 'Het logboek klopt niet of loopt achter', en: 'The audit trail is wrong or behind' },
    cause: {
      nl: 'Een regel is veranderd of weg, of nieuwe regels worden niet verzegeld.',
      en: 'A line was changed or is gone, or new lines are not sealed.',
    },
    who: {
      nl: 'Wie de server beheert: zie “The trail” in OPERATING.md.',
      en: 'Whoever runs the server: see "The trail" in OPERATING.md.',
    },
    path: '/admin/alarms',
  },
  certificate: {
    title: { nl: 'Een certificaat verloopt', en: 'A certificate ends' },
    cause: {
      nl: 'Na die dag komt er geen verbinding meer.',
      en: 'After that day there will be no connection.',
    },
    who: {
      nl: 'De eigenaar van het certificaat: de leverancier, of u voor het onze.',
      en: 'Its owner: the supplier, or you for our own.',
    },
    path: '/admin/directory',
  },
  key: {
    title: { nl: 'Een sleutel is te oud', en: 'A key is too old' },
    cause: {
      nl: 'De sleutel voor inloggen wordt niet meer vervangen.',
      en: 'The key for signing in is no longer replaced.',
    },
    who: host,
    path: '/admin/alarms',
  },
  'clock-drift': {
    title: { nl: 'De klokken lopen uiteen', en: 'The clocks differ' },
    cause: {
      nl: 'De klok van de database en die van deze server zijn het niet eens.',
      en: 'The clock of the database and that of this server do not agree.',
    },
    who: host,
    path: '/admin/alarms',
  },
  disk: {
    title: { nl: 'De schijf raakt vol', en: 'The disk is filling up' },
    cause: {
      nl: 'Is de schijf vol, dan kan niemand meer verwijzen.',
      en: 'When it is full, nobody can refer any more.',
    },
    who: host,
    path: '/admin/alarms',
  },
  database: {
    title: { nl: 'De database wordt te groot of te druk', en: 'The database is too large or too busy' },
    cause: {
      nl: 'De database groeit of heeft bijna geen verbindingen over.',
      en: 'The database grows or has hardly any connections left.',
    },
    who: host,
    path: '/admin/alarms',
  },
  'queue-away': {
    title: { nl: 'De wachtrij is weg', en: 'The queue is away' },
    cause: {
      nl: 'Verwijzingen komen binnen en zijn veilig, maar er gaat niets verder.',
      en: 'Referrals come in and are safe, but nothing goes on.',
    },
    who: host,
    path: queue,
  },
  'subscription-stopped': {
    title: { nl: 'Een systeem krijgt geen bericht meer', en: 'A system is told no more' },
    cause: {
      nl: 'Een systeem wilde horen wat er verandert, maar antwoordde een week lang niet of weigerde. Wij zijn ermee gestopt. De verwijzingen zelf lopen gewoon door.',
      en: 'A system asked to be told of changes, but did not answer for a week, or refused. We have stopped. The referrals themselves go on.',
    },
    who: {
      nl: 'De leverancier van dat systeem: herstelt het adres en vraagt het opnieuw aan.',
      en: 'The supplier of that system: mends the address and asks for it again.',
    },
    path: '/admin/clients#stopped',
  },
  'alarm-unsent': {
    title: { nl: 'Een alarm kon niet weg', en: 'An alarm could not be sent' },
    cause: {
      nl: 'De mail of webhook voor alarmen werkt niet. Kijk zolang zelf op deze bladzijde.',
      en: 'The mail or webhook for alarms does not work. Until it does, look at this page yourself.',
    },
    who: you,
    path: '/admin?destination=alarm:mail',
  },
};

/** What goes out to an administrator: no names of residents, no numbers of referrals. */
export interface News {
  readonly subject: string;
  readonly lines: readonly string[];
  /** The page to open. */
  readonly path: string;
  /** The same for a machine. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An alarm as its mail says it, in Dutch. */
export function newsOfAlarm(one: RegionAlarm): News {
  const said = alarmSaid[one.class];
  const event = one.overAt ? 'alarm-over' : 'alarm-opened';
  const { id, count, openedAt, begunAt, overAt } = one;
  return {
    subject: one.overAt ? `Kortelijn: voorbij: ${said.title.nl}` : `Kortelijn: ${said.title.nl}`,
    lines: one.overAt
      ? ['Dit alarm is voorbij.']
      : [said.cause.nl, `Aantal: ${count}.`, `Wie moet iets doen? ${said.who.nl}`],
    path: '/admin/alarms',
    fields: { event, id, class: one.class, title: said.title.nl, count, openedAt, begunAt, overAt },
  };
}

/** The morning's mail: "is er vannacht iets gebeurd?" One line when nothing did. */
export function newsOfDigest(day: string, { opened, over, open, held }: Digest): News {
  const titles = (classes: readonly AlarmClass[]) =>
    [...new Set(classes)].map((one) => alarmSaid[one].title.nl).join('; ');
  const isQuiet = opened.length + over.length + open.length === 0;
  const lines = isQuiet
    ? ['Er is niets gebeurd. Alles loopt.']
    : [
        ...(open.length > 0 ? [`Nu aan de hand: ${titles(open)}.`] : ['Nu is er niets aan de hand.']),
        ...(held > 0 ? [`Berichten die op een mens wachten: ${held}.`] : []),
        ...(opened.length > 0 ? [`Nieuw sinds het vorige bericht: ${titles(opened)}.`] : []),
        ...(over.length > 0 ? [`Voorbij: ${titles(over)}.`] : []),
      ];
  return {
    subject: isQuiet ? 'Kortelijn: er is vannacht niets gebeurd' : 'Kortelijn: is er vannacht iets gebeurd?',
    lines,
    path: '/admin/alarms',
    fields: { event: 'digest', day, opened, over, open, held },
  };
}
