import type { Language, Said } from '../fhir/outcome.ts';
import { addWorkingDays } from '../referral/deadlines.ts';
import { isOpen, stateSaid } from '../referral/lifecycle/lifecycle.ts';
import type { Carriage } from '../store/lists/lists.ts';

/** What a message's way to the practice is called; H4: these are different things and never mixed. */
export type Fate = 'ready' | 'sent' | 'received' | 'delivered' | 'filed' | 'held' | 'stopped' | 'told';

/** The four words of H4, in order, and the four states beside them; `means` says what is known and what is not. */
export const fates: Record<Fate, { readonly said: Said; readonly means: Said }> = {
  ready: {
    said: { nl: 'staat klaar', en: 'ready to send' },
    means: { nl: 'Het bericht wordt zo verstuurd.', en: 'The message is about to be sent.' },
  },
  sent: {
    said: { nl: 'verstuurd', en: 'sent' },
    means: {
      nl: 'Wij hebben het bericht verstuurd. Het systeem van de praktijk heeft nog niet geantwoord.',
      en: "We sent the message. The practice's system has not answered yet.",
    },
  },
  received: {
    said: { nl: 'ontvangen', en: 'received' },
    means: {
      nl: 'Het bericht is aangekomen, maar nog niet verwerkt door het systeem van de praktijk.',
      en: "The message arrived, but the practice's system has not processed it yet.",
    },
  },
  delivered: {
    said: { nl: 'bezorgd bij de praktijk', en: 'delivered to the practice' },
    means: {
      nl: 'Het systeem van de praktijk heeft het bericht aangenomen.',
      en: "The practice's system accepted the message.",
    },
  },
  filed: {
    said: { nl: 'in het dossier', en: 'in the record' },
    means: { nl: 'Het bericht staat in het dossier van de huisarts.', en: "The message is in the GP's record." },
  },
  held: {
    said: { nl: 'wacht op de beheerder', en: 'waiting for the administrator' },
    means: {
      nl: 'Het versturen lukt niet vanzelf. De beheerder van de regio kijkt ernaar. Er is niets verloren.',
      en: 'Sending does not work by itself. The administrator of the region looks into it. Nothing is lost.',
    },
  },
  stopped: {
    said: { nl: 'niet verstuurd, gestopt', en: 'not sent, stopped' },
    means: { nl: 'Het versturen is gestopt door een mens.', en: 'A person stopped the sending.' },
  },
  told: {
    said: { nl: 'voorgelezen per telefoon', en: 'read aloud by telephone' },
    means: {
      nl: 'Het bericht kwam niet aan. Iemand heeft de praktijk gebeld en het voorgelezen.',
      en: 'The message did not arrive. Someone called the practice and read it aloud.',
    },
  },
};

/** The order in which a message travels; held and stopped stand outside it. */
export const travelled = ['sent', 'received', 'delivered', 'filed'] as const satisfies readonly Fate[];

/** How far feedback is: never further than its proof (H4). Proof of transport is not proof of the application. */
export function fateOf(carriage: Pick<Carriage, 'state' | 'proof' | 'attempts' | 'reason'>): Fate {
  if (carriage.state === 'held') return 'held';
  if (carriage.state === 'abandoned' && carriage.reason === 'by-phone') return 'told';
  if (carriage.state === 'abandoned') return 'stopped';
  if (carriage.proof === 'record') return 'filed';
  if (carriage.proof === 'application') return 'delivered';
  if (carriage.proof === 'transport') return 'received';
  return carriage.attempts > 0 ? 'sent' : 'ready';
}

export type Reader = 'wally' | 'practice' | 'team';

/** Where the table's own words are too short beside a name in a list. */
const states: Record<string, Said> = {
  seen: { nl: 'gezien, nog niet aangenomen', en: 'seen, not accepted yet' },
  'interim-feedback-sent': { nl: 'loopt, tussenbericht gegeven', en: 'in progress, interim message given' },
};

/** The state of the work as this reader understands it; who brought it about stays in the history. */
export function stateWords(taskStatus: string, businessStatus: string, reader: Reader): Said {
  if (taskStatus === 'requested' && reader !== 'wally') return { nl: 'nog niet geopend', en: 'not opened yet' };
  if (taskStatus === 'requested' && businessStatus === 'reassigned')
    return { nl: 'nieuw, overgedragen aan u', en: 'new, handed over to you' };
  return states[businessStatus] ?? stateSaid(taskStatus, businessStatus);
}

const urgencies: Record<string, Said> = {
  routine: { nl: 'gewoon', en: 'routine' },
  urgent: { nl: 'dringend', en: 'urgent' },
  asap: { nl: 'acuut: bel eerst', en: 'acute: call first' },
  stat: { nl: 'acuut: bel eerst', en: 'acute: call first' },
};

export function urgencyWords(priority: string): Said {
  return urgencies[priority] ?? { nl: priority, en: priority };
}

/** Acute danger in a channel that works in working days (H1). */
export function isAcute(priority: string): boolean {
  return priority === 'asap' || priority === 'stat';
}

/** Whether the promised call is still to be made, and how pressing that is. "Vóór donderdag" means Wednesday at the latest. */
export type Pressing = 'late' | 'today' | 'later' | 'kept';

/** @param day today, as a local day; `callBefore` is the day before which the Wally calls. */
export function pressing(
  referral: { readonly callBefore: string; readonly called: boolean; readonly taskStatus: string },
  day: string,
): Pressing {
  if (referral.called || !isOpen(referral.taskStatus) || referral.taskStatus === 'on-hold') return 'kept';
  if (day >= referral.callBefore) return 'late';
  return addWorkingDays(day, 1) >= referral.callBefore ? 'today' : 'later';
}

/** How long something waits, in the largest unit that still says something: "zojuist", "al 12 minuten", "al 3 dagen". */
export function waitingText(from: Date, now: Date, language: Language): string {
  const minutes = Math.floor((now.getTime() - from.getTime()) / 60_000);
  if (minutes < 1) return language === 'en' ? 'just now' : 'zojuist';
  const hours = Math.floor(minutes / 60);
  const [value, unit] =
    hours < 1 ? [minutes, 'minute'] : hours < 48 ? [hours, 'hour'] : [Math.floor(hours / 24), 'day'];
  const locale = language === 'en' ? 'en-GB' : 'nl-NL';
  const said = new Intl.NumberFormat(locale, { style: 'unit', unit: `${unit}`, unitDisplay: 'long' }).format(
    Number(value),
  );
  return language === 'en' ? `for ${said}` : `al ${said}`;
}
