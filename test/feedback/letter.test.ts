import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerSchema, firstLineMax, outcomeCodes, outcomes } from '../../src/feedback/answer.ts';
import {
  dutchDate,
  firstLine,
  type LetterHead,
  letterParts,
  letterText,
  readLetter,
  textOf,
} from '../../src/feedback/letter.ts';
import { lifeAreaCodes, lifeAreas } from '../../src/referral/life-area.ts';
import { answerOf } from './journeys.ts';

const head: LetterHead = {
  number: 'KL-00000-00001',
  practiceReferralId: '2026-000001',
  sender: 'Sanne Verhoeven',
  team: 'Sociaal Werk Voorbeeldstreek',
  phone: '06-00001011',
  writtenOn: '2026-11-24',
  closureOnly: false,
};
const closed: LetterHead = { ...head, closureOnly: true };
const lines = (...all: string[]) => all.join('\n');

describe('the letter', () => {
  test('final, with everything', () => {
    const answer = answerOf({
      plan: 'Elke woensdag naar de eettafel.',
      appointment: { at: '2026-12-02T11:30:00+01:00', place: 'Buurthuis' },
      outcomes: [
        { lifeArea: 'loneliness', outcome: 'led-on' },
        { lifeArea: 'meaning', outcome: 'unchanged' },
      ],
    });
    expect(letterText(answer, head)).toBe(
      lines(
        'Mevrouw gaat naar de eettafel.',
        '',
        'Terugkoppeling van uw verwijzing 2026-000001 (Kortelijn KL-00000-00001).',
        'Dit is het laatste bericht: de Wally heeft de verwijzing afgesloten.',
        '',
        'Contact met de inwoner: ja, op 24 november 2026.',
        '',
        'Afgesproken met de inwoner:',
        'Elke woensdag naar de eettafel.',
        '',
        'Volgende afspraak: woensdag 2 december 2026 om 11:30, Buurthuis.',
        '',
        'Uitkomst:',
        '- eenzaamheid en sociale contacten: begeleid naar andere hulp',
        '- zingeving en verlies: niet veranderd',
        '',
        'Wat u hoeft te doen: niets.',
        '',
        'Sanne Verhoeven, sociaal werker (Wally), Sociaal Werk Voorbeeldstreek',
        '24 november 2026',
        'Telefoon: 06-00001011',
      ),
    );
  });

  test('interim, nobody reached yet', () => {
    const answer = answerOf({ final: false, contact: 'attempted', outcomes: [] });
    expect(letterText(answer, head)).toBe(
      lines(
        'Mevrouw gaat naar de eettafel.',
        '',
        'Terugkoppeling van uw verwijzing 2026-000001 (Kortelijn KL-00000-00001).',
        'De Wally gaat verder; u krijgt nog een bericht bij het afsluiten.',
        '',
        'Contact met de inwoner: geprobeerd op 24 november 2026, niet gelukt.',
        '',
        'Wat u hoeft te doen: niets.',
        '',
        'Sanne Verhoeven, sociaal werker (Wally), Sociaal Werk Voorbeeldstreek',
        '24 november 2026',
        'Telefoon: 06-00001011',
      ),
    );
  });

  test('closure without content (H9)', () => {
    const answer = answerOf({ plan: 'geheim', appointment: { at: '2026-12-02T11:30:00+01:00', place: 'geheim' } });
    expect(letterText(answer, closed)).toBe(
      lines(
        'De Wally heeft de verwijzing afgesloten. De inwoner deelt verder niets met de huisarts.',
        '',
        'Terugkoppeling van uw verwijzing 2026-000001 (Kortelijn KL-00000-00001).',
        'Dit is het laatste bericht: de Wally heeft de verwijzing afgesloten.',
        '',
        'Wat u hoeft te doen: niets.',
        '',
        'Sanne Verhoeven, sociaal werker (Wally), Sociaal Werk Voorbeeldstreek',
        '24 november 2026',
        'Telefoon: 06-00001011',
      ),
    );
  });

  test('no contact yet; no number known', () => {
    const { phone: _phone, ...without } = head;
    const { contactOn: _contactOn, ...answer } = answerOf({ final: false, contact: 'none', outcomes: [] });
    const text = letterText(answer, without);
    expect(text).toContain('Contact met de inwoner: nog niet.');
    expect(text).not.toContain('Telefoon');
    expect(firstLine(answer, true)).toBe(
      'De verwijzing is in behandeling bij de Wally. De inwoner deelt verder niets met de huisarts.',
    );
  });

  test.each([
    ['2026-07-01T09:00:00Z', 'woensdag 1 juli 2026 om 11:00'],
    ['2026-12-31T23:30:00Z', 'vrijdag 1 januari 2027 om 00:30'],
    ['2026-10-25T00:30:00Z', 'zondag 25 oktober 2026 om 02:30'],
  ])('an appointment at %s stands there as %s: Dutch time', (at, said) => {
    expect(letterText(answerOf({ appointment: { at } }), head)).toContain(`Volgende afspraak: ${said}.`);
  });

  test('every outcome and every life area has words', () => {
    for (const outcome of outcomeCodes) {
      for (const lifeArea of lifeAreaCodes) {
        const text = letterText(answerOf({ outcomes: [{ lifeArea, outcome }] }), head);
        expect(text).toContain(`- ${lifeAreas[lifeArea].nl}: ${outcomes[outcome].nl}`);
      }
    }
  });

  test('whatever was written, nothing of it stands in a closure without content', () => {
    const secret = fc.string({ minLength: 3, maxLength: 40 }).map((one) => `§${one}§`);
    fc.assert(
      fc.property(secret, fc.boolean(), fc.constantFrom('made', 'attempted', 'none'), (words, final, contact) => {
        const answer = answerOf({
          final,
          contact,
          firstLine: words,
          plan: words,
          appointment: { at: '2026-12-02T11:30:00+01:00', place: words },
        });
        const text = letterText(answer, closed);
        expect(text).not.toContain(words);
        expect(text).not.toContain('Uitkomst');
        expect(text).not.toContain('Contact met');
      }),
    );
  });

  test.each([
    ['2026-01-01', '1 januari 2026'],
    ['2026-03-09', '9 maart 2026'],
    ['2026-12-31', '31 december 2026'],
  ])('%s is %s', (day, said) => {
    expect(dutchDate(day)).toBe(said);
  });
});

describe('a letter that was kept', () => {
  const kinds = (text: string) => readLetter(text).map((part) => part.kind);
  const appointment = { at: '2026-12-02T11:30:00+01:00', place: 'Buurthuis' };
  const { phone: _phone, ...withoutPhone } = head;

  test.each([
    ['final', answerOf(), head],
    ['with everything', answerOf({ plan: 'Een.\nTwee.\n\n\nDrie.', appointment }), head],
    [
      'with a plan that speaks like us',
      answerOf({ plan: 'Eerst:\n\nUitkomst:\n\nWat u hoeft te doen: bel haar.' }),
      head,
    ],
    ['interim', answerOf({ final: false, contact: 'attempted', outcomes: [] }), withoutPhone],
    ['interim with an appointment', answerOf({ final: false, outcomes: [], appointment }), head],
    ['without content', answerOf({ plan: 'geheim', appointment }), closed],
    ['where the GP must act', answerOf({ gpMustAct: true }), head],
  ])('is taken apart as it was made: %s', (_, answer, by) => {
    expect(readLetter(letterText(answer, by))).toEqual(letterParts(answer, by));
  });

  test('of another hand keeps every word', () => {
    expect(kinds('Beste dokter,\n\nAlles gaat goed.')).toEqual(['answer', 'text']);
    expect(kinds('')).toEqual(['answer']);
    expect(kinds('Wat u hoeft te doen: niets.\n\nTerugkoppeling van uw verwijzing 1.')).toEqual(['answer', 'text']);
  });

  test('loses nothing, whatever it says', () => {
    const ours = letterText(answerOf({ plan: 'Een.', appointment }), head).split('\n');
    const line = fc.oneof(fc.constantFrom('', ...ours), fc.string());
    fc.assert(
      fc.property(fc.array(line), (all) => {
        const text = all.join('\n');
        expect(textOf(readLetter(text))).toBe(text);
      }),
    );
  });
});

describe('what a Wally may report (promise 3, H13)', () => {
  const reasons = (change: object) => {
    const checked = answerSchema.safeParse({ ...answerOf(), ...change });
    return checked.success ? [] : checked.error.issues.map((one) => one.path.join('.'));
  };
  test.each([
    ['as it is', {}, []],
    ['closing without an outcome', { outcomes: [] }, ['outcomes']],
    ['an interim report without an outcome', { final: false, outcomes: [] }, []],
    ['contact without a day', { contactOn: undefined }, ['contactOn']],
    ['an attempt without a day', { contact: 'attempted', contactOn: undefined }, ['contactOn']],
    ['no contact, no day', { contact: 'none', contactOn: undefined }, []],
    ['no first line', { firstLine: ' ' }, ['firstLine']],
    ['a first line of the longest', { firstLine: 'x'.repeat(firstLineMax) }, []],
    ['a first line too long', { firstLine: 'x'.repeat(firstLineMax + 1) }, ['firstLine']],
    ['an unknown outcome', { outcomes: [{ lifeArea: 'debts', outcome: 'solved' }] }, ['outcomes.0.outcome']],
    ['a day that does not exist', { contactOn: '2026-02-30' }, ['contactOn']],
    ['not said whether the resident agrees', { residentAgreed: undefined }, ['residentAgreed']],
  ])('%s', (_, change, paths) => {
    expect(reasons(change)).toEqual(paths);
  });
});
