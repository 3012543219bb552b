import type { Communication } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeText } from '../../src/hl7v2/charset.ts';
import { type Delimiters, encodingCharacters, escapeText } from '../../src/hl7v2/escape.ts';
import { fieldOf, parseMessage, segmentsOf } from '../../src/hl7v2/message.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { runMapping } from '../../src/mapping/run.ts';
import type { FeedbackEnvelope, Mapped, MappedReferral } from '../../src/referral/format.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { type RefParts, refMessage } from '../doubles/ref.ts';

const mapping = await loadMapping('hl7v2-ref');
const authority = 'https://kortelijn.example/fhir/NamingSystem/hl7v2-authority/';
const as = (event: string, parts: RefParts = {}) => refMessage(parts).replaceAll('I12', event);
const read = (text: string) => {
  const message = parseMessage(text, 'UNICODE UTF-8');
  if ('unreadable' in message) throw new Error(`${message.unreadable} at ${message.path}`);
  return message;
};
const run = (text: string) => runMapping(mapping, { message: read(text) }, new Map());
function mapped(text: string): Mapped {
  const made = run(text);
  if (isRefusal(made)) throw new Error(made.refused.map((one) => `${one.reason} ${one.path}`).join(', '));
  return made;
}
const refused = (text: string) => {
  const made = run(text);
  return isRefusal(made) ? made.refused.map((one) => `${one.reason} ${one.path}`) : made.intent;
};
const rf1 = (numbers: string, rest = '') => ({ RF1: [`RF1|P|R||||${numbers}|20261123|||${rest}`] });

describe('REF^I13, a change', () => {
  test('says all that a new one says, and that it is a correction', () => {
    const { intent, edition, ...rest } = mapped(as('I13')) as MappedReferral;
    const { intent: was, ...first } = mapped(as('I12'));
    expect([was, intent]).toEqual(['refer', 'correct']);
    // MSH-7: by that an older one is known that comes later.
    expect(edition).toEqual({ at: '2026-11-23T10:00:00+01:00' });
    expect(rest).toEqual(first);
  });

  test('a new number names the one that it replaces in the second repetition of RF1-6', () => {
    const made = mapped(as('I13', { change: rf1('V-2^VOORBEELDHIS~V-1^ANDERHIS') }));
    expect(made).toMatchObject({
      referral: { practiceReferralId: { system: `${authority}VOORBEELDHIS`, value: 'V-2' } },
      replaces: { system: `${authority}ANDERHIS`, value: 'V-1' },
    });
    expect(made.losses).toEqual([]);
  });

  test('the same number twice replaces nothing; a new referral replaces nothing, and what it names is a loss', () => {
    expect(mapped(as('I13', { change: rf1('V-1^HIS~V-1^HIS') }))).not.toHaveProperty('replaces');
    const made = mapped(as('I12', { change: rf1('V-2^HIS~V-1^HIS') }));
    expect(made).not.toHaveProperty('replaces');
    expect(made.losses).toEqual([{ path: 'RF1-6[2]', why: 'kept-with-source' }]);
    expect(mapped(as('I13', { change: rf1('V-3^HIS~V-2^HIS~V-1^HIS') })).losses).toEqual([
      { path: 'RF1-6[3]', why: 'kept-with-source' },
    ]);
  });

  test('our own number in RF1-11 is no number of the practice', () => {
    const made = mapped(as('I13', { change: { RF1: ['RF1|P|R||||V-1^HIS|20261123||||KL-1^KORTELIJN'] } }));
    expect(made).not.toHaveProperty('replaces');
    expect(made.losses).toEqual([{ path: 'RF1-11', why: 'kept-with-source' }]);
  });

  test('asks for consent and an RF1-1 that is under way, as a new one does', () => {
    expect(refused(as('I13', { change: { CON: [] } }))).toEqual(['consent-missing CON']);
    expect(refused(as('I13', { change: { RF1: ['RF1|R|R||||V-1^HIS|20261123'] } }))).toEqual([
      'value-referral-status RF1-1',
    ]);
  });
});

describe('REF^I14, a cancellation', () => {
  const bare = (pid: string, ...more: string[]) =>
    as('I14', {
      change: { PRD: [], NK1: [], DG1: [], CON: [], OBX: [], PID: [pid], RF1: ['RF1|R|||||V-1^HIS'] },
      more,
    });

  test('a number and a person are enough: no consent, no reason, no date, whatever RF1-1 says', () => {
    expect(mapped(bare('PID|1||||Jansen^A||19510412'))).toEqual({
      intent: 'cancel',
      number: { system: `${authority}HIS`, value: 'V-1' },
      about: { family: 'Jansen', birthDate: '1951-04-12' },
      losses: [],
      places: { consentBy: 'CON', consentOn: 'CON', practice: 'MSH-4', birthDate: 'PID-7', number: 'RF1-6' },
    });
    expect(mapped(bare('PID|1||||Jansen'))).toMatchObject({ about: { family: 'Jansen' } });
    expect(mapped(bare('PID|1||||||19510412'))).toMatchObject({ about: { birthDate: '1951-04-12' } });
  });

  test('why: the notes, else what RF1-10 says that is no reason for referring', () => {
    const reason = (text: string) => {
      const made = mapped(text);
      return made.intent === 'cancel' ? made.reason : 'no cancellation';
    };
    const pid = 'PID|1||||Jansen^A||19510412';
    expect(reason(bare(pid, 'NTE|1||Is verhuisd.', 'NTE|2||Meldde haar dochter.'))).toBe(
      'Is verhuisd.\nMeldde haar dochter.',
    );
    const why = (codes: string) => reason(as('I14', { change: rf1('V-1^HIS', codes) }));
    expect(why('X1^Verhuisd^99HIS~loneliness^Eenzaamheid^99KL')).toBe('Verhuisd');
    expect(why('loneliness^Eenzaamheid^99KL')).toBeUndefined();
  });

  test('what a cancellation has no use for is a loss', () => {
    expect(mapped(as('I14')).losses.map((one) => one.path)).toEqual(
      expect.arrayContaining(['PRD', 'NK1', 'DG1', 'CON', 'CON[2]', 'OBX', 'OBX[2]', 'PID-3', 'RF1-2', 'RF1-7']),
    );
  });

  test.each([
    ['no number', as('I14', { change: { RF1: ['RF1|R'] } }), ['required-referral-number RF1-6']],
    ['nobody', bare('PID|1'), ['required-about PID']],
    ['no PID', as('I14', { change: { PID: [] } }), ['required-about PID']],
    ['a day that does not exist', bare('PID|1||||Jansen||19510431'), ['impossible-date PID-7']],
    ['two', bare('PID|1||||Jansen', 'PID|2||||Ander'), ['several-referrals PID[2]']],
  ])('%s is refused', (_, text, expected) => {
    expect(refused(text)).toEqual(expected);
  });
});

describe('whatever the delimiters and the values', () => {
  const marks = fc.shuffledSubarray([...'|^~\\&_#$%*+;<=>@`{}'], { minLength: 5, maxLength: 5 }).map(
    ([field = '', component = '', repetition = '', mark = '', subcomponent = '']): Delimiters => ({
      field,
      component,
      repetition,
      escape: mark,
      subcomponent,
    }),
  );
  const word = fc
    .string({ unit: fc.constantFrom(...'abcXYZ09 |^~\\&_#$%*+;<=>@`{}éß€-'), minLength: 1, maxLength: 40 })
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const events = fc.constantFrom('I12', 'I13', 'I14');
  test('a message that was written is read back', () => {
    fc.assert(
      fc.property(marks, events, word, word, word, word, (d, event, number, old, family, text) => {
        const e = (value: string) => escapeText(value, d);
        const line = (...fields: string[]) => `${fields.join(d.field)}\r`;
        const comps = (...parts: string[]) => parts.join(d.component);
        const numbers = [number, old].map((one) => comps(e(one), 'HIS')).join(d.repetition);
        const con = ['CON', '1', comps('share-reason', '', '99KL'), ...Array(7).fill(''), 'V', 'A', '', '20261123'];
        const made = mapped(
          line(
            'MSH',
            encodingCharacters(d),
            'HIS',
            'P',
            'K',
            'R',
            '20261123',
            '',
            comps('REF', event),
            '1',
            'P',
            '2.5',
          ) +
            line('RF1', 'P', 'R', '', '', '', numbers, '20261123') +
            line('PID', '1', '', '', '', comps(e(family), 'A'), '', '19510412') +
            line(...con, ...Array(11).fill(''), '1') +
            line('NTE', '1', '', e(text)),
        );
        const isNew = event === 'I13' && old !== number;
        if ('referral' in made) {
          expect(made.referral).toMatchObject({ reason: text, patient: { name: { family } } });
          expect(made.referral.practiceReferralId.value).toBe(number);
          expect(made.replaces?.value).toBe(isNew ? old : undefined);
        } else expect(made).toMatchObject({ number: { value: number }, about: { family }, reason: text });
      }),
      { numRuns: 300 },
    );
  });
});

describe('ORU^R01 back', () => {
  const document: Communication = {
    resourceType: 'Communication',
    status: 'in-progress',
    sent: '2026-12-01T10:00:00Z',
    payload: [{ contentString: 'Beste dokter,\nwij spraken elkaar.' }],
  };
  const envelope = (pdf?: Uint8Array): FeedbackEnvelope => ({
    controlId: 'C1',
    channel: {
      application: 'HIS',
      facility: 'P',
      version: '2.5',
      charset: '8859/1',
      onError: 'hold',
      onReject: 'retry',
      answerWithinMs: 1,
    },
    awaitsApplication: true,
    ...(pdf && { pdf }),
  });
  const write = (pdf?: Uint8Array) => mapping.format.fromFeedback?.(document, envelope(pdf)) ?? '';

  test('the PDF follows the text, as ED; without one nothing changes', () => {
    const pdf = Buffer.from('%PDF-1.7\nbrief');
    const message = read(write(pdf));
    const obx = segmentsOf(message, 'OBX');
    expect(obx.map((one) => fieldOf(message, one, 2))).toEqual(['TX', 'TX', 'ED']);
    const [, , last] = obx;
    expect([1, 2, 3, 4, 5].map((n) => fieldOf(message, last, 5, n))).toEqual([
      '',
      'application',
      'pdf',
      'Base64',
      pdf.toString('base64'),
    ]);
    expect(fieldOf(message, last, 11)).toBe('F');
    expect(write(pdf).startsWith(write())).toBe(true);
  });

  test('a large one is encoded as it is', () => {
    const text = write(Buffer.alloc(6_000_000, 0xff));
    expect(Buffer.from(encodeText(text, '8859/1')).toString('latin1')).toBe(text);
  });
});
