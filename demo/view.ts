import { linesOf } from './filing.ts';
import type { Episode, Letter, MadeReferral, Patient } from './model.ts';
import { dutchDate, localDay } from './names.ts';
import type { Records } from './record.ts';

/** The record of one patient as a GP reads it; made anew from what is kept, so that it can say nothing else. */
export interface RecordView {
  readonly patient: Patient;
  readonly episodes: readonly Episode[];
  readonly journal: readonly JournalItem[];
  readonly referrals: readonly ReferralView[];
}

export interface JournalItem {
  readonly date: string;
  readonly kind: 'contact' | 'letter' | 'referral';
  readonly title: string;
  readonly by: string;
  readonly episode?: string;
  readonly soep: readonly (readonly ['S' | 'O' | 'E' | 'P', string])[];
  /** First line of a letter, or what was promised at a referral. */
  readonly summary?: string;
  readonly letterId?: string;
  readonly referralId?: string;
}

export interface ReferralView extends MadeReferral {
  /** Letters that answer this referral, newest first. */
  readonly letters: readonly string[];
}

export const senderDiscipline = 'sociaal werker';

/** The date on a letter: when it was sent, else when it came. */
export function letterDate(letter: Letter): string {
  return localDay(new Date(letter.communication.sent ?? letter.arrivedAt));
}

/** The line that stands in the journal. */
export function letterSummary(letter: Letter): string {
  return (
    linesOf(letter.communication)
      .find((line) => line.trim() !== '')
      ?.trim() ?? 'Brief zonder tekst'
  );
}

export function letterSender(letter: Letter): string {
  return [letter.communication.sender?.display, senderDiscipline].filter(Boolean).join(', ');
}

/** What the GP reads of the answer: "Sanne de Wit belt vóór 27-11-2026, nummer …". */
export function promisedLine({ answer }: MadeReferral): string | undefined {
  if (!answer) return undefined;
  const { who, team, phone, before, said } = answer.promised;
  if (!who && said) return said;
  const caller = who ?? (team ? `Iemand van ${team}` : undefined);
  if (!caller && !before) return undefined;
  return `${caller ?? 'De Wally'} belt${before ? ` vóór ${dutchDate(before)}` : ''}${phone ? `, nummer ${phone}` : ''}`;
}

const lettersOf = (records: Records, patientId: string) =>
  records.letters.all().filter((one) => one.patientId === patientId);

function letterItem(records: Records, letter: Letter): JournalItem {
  const episode = letter.referralId && records.referrals.get(letter.referralId)?.episodeId;
  return {
    date: letterDate(letter),
    kind: 'letter',
    title: 'Inkomende brief',
    by: letterSender(letter),
    ...(episode && { episode }),
    soep: [],
    summary: letterSummary(letter),
    letterId: letter.id,
    ...(letter.referralId && { referralId: letter.referralId }),
  };
}

function referralItem(records: Records, made: MadeReferral): JournalItem {
  const gp = records.practice.gps.find((one) => one.id === made.request?.gp)?.name ?? records.practice.name;
  const promised = promisedLine(made);
  return {
    date: localDay(new Date(made.madeAt)),
    kind: 'referral',
    title: 'Verwijzing naar Wally',
    by: gp,
    ...(made.episodeId && { episode: made.episodeId }),
    soep: [['P', `Verwezen naar Wally (${made.value})`]],
    ...(promised && { summary: promised }),
    referralId: made.id,
  };
}

/** The whole record; undefined when this practice has no such patient. */
export function recordOf(records: Records, patientId: string): RecordView | undefined {
  const patient = records.patients.get(patientId);
  if (!patient) return undefined;
  const letters = lettersOf(records, patientId).sort((a, b) => b.arrivedAt.localeCompare(a.arrivedAt));
  const referrals = records.referrals
    .all()
    .filter((one) => one.patientId === patientId)
    .sort((a, b) => b.madeAt.localeCompare(a.madeAt) || b.value.localeCompare(a.value));
  const contacts = patient.journal.map(({ date, by, episode, s, o, e, p }): JournalItem => {
    const soep = (
      [
        ['S', s],
        ['O', o],
        ['E', e],
        ['P', p],
      ] as const
    ).flatMap(([letter, text]) => (text ? [[letter, text] as const] : []));
    return { date, kind: 'contact', title: 'Consult', by, ...(episode && { episode }), soep };
  });
  const journal = [
    ...letters.map((letter) => letterItem(records, letter)),
    ...referrals.filter((one) => one.state === 'accepted').map((made) => referralItem(records, made)),
    ...contacts,
  ].sort((a, b) => b.date.localeCompare(a.date));
  return {
    patient,
    episodes: patient.episodes,
    journal,
    referrals: referrals.map((made) => ({
      ...made,
      letters: letters.filter((letter) => letter.referralId === made.id).map((letter) => letter.id),
    })),
  };
}

/** Letters that did not file themselves, oldest first. */
export function inboxOf(records: Records): readonly Letter[] {
  return records.letters
    .all()
    .filter((one) => !one.patientId)
    .sort((a, b) => a.arrivedAt.localeCompare(b.arrivedAt));
}
