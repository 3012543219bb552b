import { type Patient, type Practice, patientSchema } from './model.ts';
import { localDay } from './names.ts';
// Invented people with invented lives: any likeness is chance. Ages and days count back from the day the store is made.
import personas from './personas.json' with { type: 'json' };

const streets = [
  'Beukenlaan',
  'Kerkpad',
  'Molenwerf',
  'Akkerstraat',
  'Waterkant',
  'Lindehof',
  'Vlierweg',
  'Brugstraat',
];
const letters = 'ABCDEFGH';

/** The nth number of nine digits from 999900000 that passes the 11-proef; nobody has such a number. */
export function inventedBsn(n: number): string {
  let left = n;
  for (let number = 999_900_000; number < 999_999_999; number += 1) {
    const sum = [...String(number)].reduce((total, digit, i) => total + Number(digit) * (i === 8 ? -1 : 9 - i), 0);
    if (sum % 11 === 0) {
      if (left === 0) return String(number);
      left -= 1;
    }
  }
  throw new Error('no invented numbers left');
}

const daysBefore = (today: string, days: number) =>
  new Date(Date.parse(`${today}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);

/** The patients a practice starts with: eight, of 15 to 88 years on the day of `now`; `nth` is the practice's place in its file. */
export function inventedPatients(practice: Practice, nth: number, now: Date): Patient[] {
  const today = localDay(now);
  return personas.map((persona, i): Patient => {
    const { age, monthDay, gender, names, episodes, journal } = persona;
    const year = Number(today.slice(0, 4)) - age - (today.slice(5) < monthDay ? 1 : 0);
    const gp = practice.gps[i % practice.gps.length];
    const mobile = 'mobile' in persona && persona.mobile;
    // Numbers that are given to nobody: 06-0 and 099 do not exist in the Dutch plan.
    const phone = `${mobile ? '06 00' : '099 9'}${10 + nth} ${20 + i} ${31 + i}`;
    return patientSchema.parse({
      id: `p${i + 1}`,
      ...names[nth % names.length],
      gender,
      birthDate: `${year}-${monthDay}`,
      ...(!('noBsn' in persona) && { bsn: inventedBsn(nth * personas.length + i) }),
      ...(!('noPhone' in persona) && { [mobile ? 'mobile' : 'phone']: phone }),
      street: streets[(i + nth) % streets.length],
      houseNumber: String(3 + i * 7 + nth * 2),
      ...(i === 3 && { houseNumberSuffix: 'B' }),
      postcode: `8299 ${letters.charAt(nth % letters.length)}${letters.charAt(i)}`,
      city: 'Voorbeelddorp',
      gp: gp?.id,
      episodes: episodes.map(({ icpc, title, monthsAgo }, e) => ({
        id: `e${e + 1}`,
        icpc,
        title,
        since: daysBefore(today, monthsAgo * 30),
      })),
      journal: journal.map(({ daysAgo, ...lines }) => ({
        date: daysBefore(today, daysAgo),
        by: gp?.name ?? practice.name,
        ...lines,
      })),
    });
  });
}
