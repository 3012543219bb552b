import { localDay } from '../../referral/deadlines.ts';
import type { LifeArea } from '../../referral/life-area.ts';
import { fieldHmac } from '../keys.ts';
import type { Store } from '../store.ts';

/** What a list is narrowed to; what is left out narrows nothing. None of it is content: it may stand in an address. */
export interface Narrow {
  readonly lifeArea?: LifeArea;
  /** `urgent` takes the acute ones along. */
  readonly priority?: 'routine' | 'urgent';
  readonly practice?: string;
  /** Of the resident, as the index has it. */
  readonly ageBand?: string;
  /** Came in so many days ago or longer. */
  readonly days?: number;
}

/** Which referrals are looked for: by name, birth date or number. Never in an address. */
export interface Sought {
  readonly families: readonly string[];
  readonly birthDate?: string;
  readonly number?: string;
}

/** Who types "Berg" means "van den Berg" too: the index holds whole family names only. */
const particles = [
  ...['', 'van', 'van de', 'van der', 'van den', "van 't", 'van het', 'de', 'den', 'der', "'t", 'het'],
  ...['ter', 'ten', 'te', 'op de', 'op den', "op 't", 'in de', "in 't", 'aan de', 'uit de', 'onder de', 'tot', 'ver'],
  ...['von', 'von der', 'le', 'la', 'du', 'da', 'dos', 'el', 'al', 'ben', 'bin'],
];
const numberForm = /^kl-?([0-9a-z]{5})-?([0-9a-z]{5})$/i;
const dayForm = /\b(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\b|\b(\d{4})-(\d{2})-(\d{2})\b/;

/** What was typed in one field: a number (KL-…), or a name, a birth date, or both. Undefined when it is none of them. */
export function readSought(typed: string): Sought | undefined {
  const text = typed.trim().slice(0, 200);
  const number = numberForm.exec(text);
  if (number) return { families: [], number: `KL-${number[1]}-${number[2]}`.toUpperCase() };
  const day = dayForm.exec(text);
  const birthDate = day
    ? day[4]
      ? `${day[4]}-${day[5]}-${day[6]}`
      : `${day[3]}-${day[2]?.padStart(2, '0')}-${day[1]?.padStart(2, '0')}`
    : undefined;
  const words = text.replace(dayForm, ' ').split(/\s+/).filter(Boolean).slice(0, 8);
  // A call name may stand before it: every ending of what was typed can be the family name.
  const endings = words.map((_, at) => words.slice(at).join(' '));
  if (endings.length === 0 && !birthDate) return undefined;
  return { families: endings, ...(birthDate && { birthDate }) };
}

/** Conditions on `journey j` with their values, for placeholders from `$from`; true when nothing narrows. */
export function narrowing(
  store: Store,
  narrow: Narrow,
  sought: Sought | undefined,
  from: number,
): { readonly sql: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const given = (value: unknown) => {
    values.push(value);
    return `$${from + values.length - 1}`;
  };
  const conditions: string[] = [];
  const { lifeArea, priority, practice, ageBand, days } = narrow;
  if (lifeArea) conditions.push(`${given(lifeArea)} = any(j.life_areas)`);
  if (priority) conditions.push(`(j.priority = 'routine') = ${given(priority === 'routine')}`);
  if (practice) conditions.push(`j.practice_id = ${given(practice)}`);
  if (ageBand) conditions.push(`j.age_band = ${given(ageBand)}`);
  if (days)
    conditions.push(
      `(j.received_at at time zone 'Europe/Amsterdam')::date <= ${given(localDay(store.clock()))}::date - ${given(days)}::int`,
    );
  if (sought) {
    const index = store.master.derive('index');
    // What was recalled was never hers to read: not by its name either (H3).
    conditions.push(`j.task_status <> 'entered-in-error'`);
    if (sought.number) conditions.push(`j.number = ${given(sought.number)}`);
    if (sought.birthDate)
      conditions.push(`j.birth_date_hmac = ${given(fieldHmac(index, 'birthDate', sought.birthDate))}`);
    if (sought.families.length > 0) {
      const names = sought.families.flatMap((family) => particles.map((one) => `${one} ${family}`));
      conditions.push(`j.family_hmac = any(${given(names.map((one) => fieldHmac(index, 'family', one)))}::bytea[])`);
    }
  }
  return { sql: conditions.join(' and ') || 'true', values };
}
