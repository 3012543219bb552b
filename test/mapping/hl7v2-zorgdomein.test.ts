import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Charset, decodeBytes, undeclaredCharset } from '../../src/hl7v2/charset.ts';
import { type Delimiters, encodingCharacters, escapeText } from '../../src/hl7v2/escape.ts';
import { parseMessage } from '../../src/hl7v2/message.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { chooseMapping, runMapping } from '../../src/mapping/run.ts';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Mapped, MappedReferral } from '../../src/referral/format.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { pdf64, type ZorgDomeinParts, zdAppointment, zdLetter, zdPatient } from '../doubles/zorgdomein.ts';

const [mapping, ref] = await Promise.all([loadMapping('hl7v2-zorgdomein'), loadMapping('hl7v2-ref')]);
const mappings = new Map([ref, mapping].map((one) => [one.format.name, one]));
const agreement: ConsentAgreement = { since: '2026-01-05', how: 'spoken', medicalCodes: true, feedback: 'content' };
const strict: ConsentAgreement = { ...agreement, medicalCodes: false };

function readText(text: string, charset: Charset = 'UNICODE UTF-8') {
  const message = parseMessage(text, charset);
  if ('unreadable' in message) throw new Error(`${message.unreadable} at ${message.path}`);
  return message;
}
function run(text: string, agreed: ConsentAgreement | undefined = agreement, charset?: Charset) {
  return runMapping(mapping, { message: readText(text, charset), ...(agreed && { agreement: agreed }) }, new Map());
}
function mapped(text: string, agreed?: ConsentAgreement): Mapped {
  const made = run(text, agreed);
  if (isRefusal(made)) throw new Error(made.refused.map((one) => `${one.reason} ${one.path}`).join(', '));
  return made;
}
function referral(text: string, agreed?: ConsentAgreement): MappedReferral {
  const made = mapped(text, agreed);
  if (!('referral' in made)) throw new Error(made.intent);
  return made;
}
const reasons = (made: ReturnType<typeof run>) =>
  isRefusal(made) ? made.refused.map((one) => `${one.reason} ${one.path}`) : made.intent;
const refused = (text: string) => reasons(run(text));
const without = (text: string) => reasons(runMapping(mapping, { message: readText(text) }, new Map()));
const letter = (parts: ZorgDomeinParts = {}) => referral(zdLetter(parts));
const pid = (value: string) => letter({ change: { PID: [value] } }).referral.patient;
const file = (value: string) => letter({ file: value });

describe('ORU^R01 as a referral (dutch-exchange §1.4)', () => {
  test('everything that has a place', () => {
    const made = letter({ text: 'Mevrouw is veel alleen' });
    expect(made.intent).toBe('refer');
    expect(made.referral).toEqual({
      practiceReferralId: {
        system: 'https://kortelijn.example/fhir/NamingSystem/hl7v2-authority/ZorgDomein',
        value: 'ZD200000001',
      },
      authoredOn: '2026-11-23T09:55:00+01:00',
      priority: 'routine',
      requester: { name: 'M. van Leeuwen', agb: '01990111' },
      patient: {
        bsn: '999990019',
        name: { family: 'Kanariegeel - van Zoekmij', given: 'Q B', text: 'Q B Kanariegeel - van Zoekmij' },
        birthDate: '1951-04-12',
        gender: 'female',
        phones: ['099-7773330', '06-00777333'],
        email: 'q@vindbaar.example',
        address: { street: 'Zeldzamestraat', houseNumber: '12 a', postcode: '8299ZQ', city: 'Voorbeelddorp' },
      },
      reason: 'Waarom deze verwijzing? Mevrouw is veel alleen',
      lifeAreas: [],
      reasonCodes: [],
      consent: { by: 'resident', how: 'spoken', on: '2026-11-23', medicalCodes: true, feedback: 'content' },
      notes: ['Toestemming volgens de afspraak met de praktijk van 2026-01-05.'],
      letters: [{ title: 'Verwijsbrief: Eenzaamheid', contentType: 'application/pdf', base64: pdf64() }],
    });
    expect(made.losses).toEqual(['ORC-10', 'ORC-14', 'OBR-4'].map((path) => ({ path, why: 'kept-with-source' })));
    expect(made.places).toMatchObject({ number: 'ORC-2', consentBy: 'CON', birthDate: 'PID-7' });
  });

  test('MSH-2 is `^_\\&`: fields repeat with `_`, and the tilde is text', () => {
    expect(letter({ text: 'ca. ~3 keer per week' }).referral.reason).toMatch(/ca\. ~3 keer per week$/);
    expect(pid(zdPatient).phones).toHaveLength(2);
  });

  test('a mail address with an underscore, escaped or not, stays whole', () => {
    const mail = (value: string) => pid(zdPatient.replace('q@vindbaar.example', value)).email;
    expect(mail('q\\R\\k@vindbaar.example')).toBe('q_k@vindbaar.example');
    expect(mail('q_k@vindbaar.example')).toBe('q_k@vindbaar.example');
    const none = letter({ change: { PID: [zdPatient.replace('q@vindbaar.example', 'onbekend')] } });
    expect(none.referral.patient).not.toHaveProperty('email');
    expect(none.losses).toContainEqual({ path: 'PID-13', why: 'kept-with-source' });
  });

  test('MSH-10 is the ZD number: other content is another message, the same is the same', () => {
    const key = (parts: ZorgDomeinParts) => mapped(zdLetter(parts)).messageKey;
    const first = key({ text: 'a' });
    expect(first).toMatch(/^ZD200000001 [0-9a-f]{32}$/);
    expect(key({ text: 'a', at: '20261123110000+0100' })).toBe(first);
    expect(new Set([first, key({ text: 'b' }), key({ mark: '' }), key({ text: 'a', mark: 'AF' })]).size).toBe(4);
  });

  test('PID-3 by who gave it out: alone, after a ZorgDomein visit number, before it, or empty', () => {
    const ids = (value: string) => pid(zdPatient.replace('999990019^^^NLMINBIZA^NNNLD', value));
    const visit = 'ZP10007446^^^ZorgDomein^VN';
    for (const one of ['999990019^^^NLMINBIZA', `${visit}_999990019^^^NLMINBIZA^NNNLD`, `999990019^^^^NNNLD_${visit}`])
      expect(ids(one)).toMatchObject({ bsn: '999990019' });
    expect(ids('^^^NLMINBIZA^NNNLD')).not.toHaveProperty('bsn');
    expect(ids('')).not.toHaveProperty('bsn');
  });

  test('neither the number of the receiver’s system (ZIS) nor of the visit is the practice’s own', () => {
    const made = letter({ change: { PID: [zdPatient.replace('999990019^^^NLMINBIZA^NNNLD', '778^^^ZIS^PI')] } });
    expect(made.referral.patient).not.toHaveProperty('localId');
    expect(made.losses).toContainEqual({ path: 'PID-3', why: 'kept-with-source' });
  });

  test('PID-5: the whole surname, else its parts with the prefixes of own and partner’s name', () => {
    const name = (value: string) => pid(zdPatient.replace(/Kanariegeel - van[^^]*/, value)).name.family;
    expect(name('van Dijk&van&Dijk')).toBe('van Dijk');
    expect(name('&van&Zoekmij&de&Kanariegeel')).toBe('van Zoekmij de Kanariegeel');
    expect(name('Testpatiënt - van ZorgDomein&van&ZorgDomein&&Testpatiënt')).toBe('Testpatiënt - van ZorgDomein');
  });

  test('PID-11: street and number by `&`, suffix, no number at all, kind M', () => {
    const address = (value: string) => pid(zdPatient.replace(/Zeldzamestraat 12.*\^NL\^H/, value)).address;
    expect(address('Lange Weg 88  hs&Lange Weg&88^hs^Voorbeelddorp^^8299 zq^NL^M')).toEqual({
      street: 'Lange Weg',
      houseNumber: '88 hs',
      postcode: '8299ZQ',
      city: 'Voorbeelddorp',
    });
    expect(address('Lange Weg 88^^Voorbeelddorp')).toEqual({ street: 'Lange Weg 88', city: 'Voorbeelddorp' });
  });

  test('the AGB is VEKTIS’: of ORC-12, else of OBR-16; without one only the name', () => {
    const who = (orc: string, obr: string) =>
      letter({
        change: { ORC: [`ORC|NW|ZD200000001||||||||||${orc}`], OBR: [`OBR|1|ZD200000001||||||||||||||${obr}`] },
      }).referral.requester;
    expect(who('^&&de Dokter^F.G.', '01990112^&&Dekkers^P.^^^^^^VEKTIS')).toEqual({
      name: 'P. Dekkers',
      agb: '01990112',
    });
    expect(who('01990112^&&Dekkers^P.^^^^^^BIG', '')).toEqual({ name: 'P. Dekkers' });
    expect(who('', '')).toEqual({});
  });

  test('8859/1 without saying so', () => {
    const bytes = Buffer.from(zdLetter({ text: 'Zoë is één van hen' }), 'latin1');
    const charset = undeclaredCharset(bytes);
    expect(charset).toBe('8859/1');
    const made = run(decodeBytes(bytes, charset) ?? '', agreement, charset);
    expect('referral' in made && made.referral.reason).toMatch(/Zoë is één van hen$/);
  });

  test('the insurer and what else has no place is a loss', () => {
    const { losses } = letter({ more: ['IN1|1|^null|0001^^^VEKTIS^UZOVI', 'NTE|1|P|Team|ZD_CLUSTER_NAME^Naam^L'] });
    const lost = losses.map((one) => one.path);
    expect(lost).toEqual(expect.arrayContaining(['IN1', 'NTE']));
    const reliability = letter({ change: { PID: [`${zdPatient}${'|'.repeat(18)}Y|NNNLD`] } });
    expect(reliability.losses.map((one) => one.path)).toEqual(expect.arrayContaining(['PID-31', 'PID-32']));
  });

  test('urgency is table 0485; any other is refused', () => {
    const order = (five: string) => ({ OBR: [`OBR|1|ZD200000001|||${five}`] });
    expect(letter({ change: order('S') }).referral.priority).toBe('stat');
    expect(refused(zdLetter({ change: order('spoed') }))).toEqual(['value-priority OBR-5']);
    const timing = { ORC: ['ORC|NW|ZD200000001|||||^^^^^A'] };
    expect(letter({ change: timing }).referral.priority).toBe('asap');
  });
});

describe('the letter', () => {
  test.each([
    ['as specified', `^application^pdf^Base64^${pdf64()}`],
    ['in subcomponents', `&application&pdf&Base64&${pdf64()}`],
    ['type and subtype in one', `^application&pdf^Base64^${pdf64()}`],
    ['without the application in front', `application^PDF^BASE64^${pdf64()}`],
    [
      'with line ends',
      `^AP^pdf^Base64^${pdf64().slice(0, 8)}\\.br\\${pdf64().slice(8, 12)}\\X0D0A\\${pdf64().slice(12)}`,
    ],
    ['without its padding', `^application^pdf^Base64^${pdf64().replaceAll('=', '')}`],
  ])('%s', (_, value) => {
    expect(file(value).referral.letters).toEqual([
      { title: 'Verwijsbrief: Eenzaamheid', contentType: 'application/pdf', base64: pdf64() },
    ]);
  });

  test('in the Base64 of web addresses, which has the `_` that fields repeat with', () => {
    const bytes = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from([0xff, 0xff, 0xfb, 0xef, 0xbe])]);
    const made = file(`^application^pdf^Base64^${bytes.toString('base64url')}`);
    expect(made.referral.letters?.[0]?.base64).toBe(bytes.toString('base64'));
  });

  test.each([
    ['damaged', '^application^pdf^Base64^JVBERi0*', 'value-base64'],
    ['cut off', '^application^pdf^Base64^JVBER', 'value-base64'],
    ['no PDF', `^application^pdf^Base64^${Buffer.from('<html>').toString('base64')}`, 'value-not-pdf'],
    ['of an unknown encoding', '^application^pdf^A^tekst', 'value-encoding'],
  ])('%s: refused where it stands', (_, value, reason) => {
    expect(refused(zdLetter({ file: value }))).toEqual([`${reason} OBX[2]-5`]);
  });

  test('an empty one is none, and without a text there is no reason', () => {
    expect(refused(zdLetter({ file: '^application^pdf^Base64^' }))).toEqual(['required-reason OBX']);
    expect(refused(zdLetter({ file: '' }))).toEqual(['required-reason OBX']);
  });

  test('a kind of file that is not safe to open stays with the source', () => {
    const html = Buffer.from('<script>').toString('base64');
    const made = letter({ text: 'Alleen', file: `^text^html^Base64^${html}` });
    expect(made.referral).not.toHaveProperty('letters');
    expect(made.losses).toContainEqual({ path: 'OBX[2]-5', why: 'kept-with-source' });
  });

  test('alone: the reason says that it tells it', () => {
    expect(letter().referral.reason).toBe(
      'De verwijzer stuurde een brief mee. In die brief staat waarom u deze inwoner gaat bellen.',
    );
  });

  test('that may not be shared: the reason says so, and so does the loss', () => {
    const made = referral(zdLetter(), strict);
    expect(made.referral.reason).toMatch(/^De verwijzer stuurde een brief of tekst mee die u niet mag lezen\./);
    expect(made.losses).toContainEqual({ path: 'OBX[2]-5', why: 'not-shared' });
    const withText = referral(zdLetter({ text: 'Alleen' }), strict);
    expect(withText.referral.reason).toMatch(/Alleen$/);
    expect(withText.referral.notes[0]).toMatch(/^Er is ook een brief of tekst die u niet mag lezen/);
  });

  test('AF is a form, another mark a document; more files are attachments', () => {
    const titles = (mark: string, more: string[] = []) =>
      letter({ mark, more }).referral.letters?.map((one) => one.title);
    expect(titles('AF')).toEqual(['Aanvraagformulier: Eenzaamheid']);
    expect(titles('PG')).toEqual(['Document: Eenzaamheid']);
    expect(titles('VB', [`OBX|4|ED|X^Lijst^Z||^application^pdf^Base64^${pdf64('b')}`])).toEqual([
      'Verwijsbrief: Eenzaamheid',
      'Bijlage: Lijst',
    ]);
  });

  test('without a mark and without text it is an attachment to what came before', () => {
    const made = mapped(zdLetter({ mark: '' }));
    expect(made).toMatchObject({
      intent: 'supplement',
      number: { value: 'ZD200000001' },
      about: { family: 'Kanariegeel - van Zoekmij', birthDate: '1951-04-12' },
      letters: [{ title: 'Bijlage: Eenzaamheid', base64: pdf64() }],
    });
    expect(mapped(zdLetter({ mark: '' }), strict).losses).toContainEqual({ path: 'OBX-5', why: 'not-shared' });
  });

  test('thirty megabytes are read as the small one is', () => {
    const base64 = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(21_000_000, 0x20)]).toString('base64');
    expect(file(`^application^pdf^Base64^${base64}`).referral.letters?.[0]?.base64).toHaveLength(base64.length);
  });
});

describe('answers on the form', () => {
  test('text, formatted text and codes are the reason, each after its question, with its notes', () => {
    const made = letter({
      text: 'Regel een\\.br\\regel \\T\\ twee',
      more: [
        'NTE|1||erbij',
        'OBX|4|ST|Q2^Sinds wanneer?^ZORGDOMEIN||de zomer||||||F',
        'OBX|5|CE|Q3^Woont alleen^ZORGDOMEIN||J^ja^L||||||F',
        'OBX|6|FT|Q4^Nog iets?^ZORGDOMEIN||||||||F',
        'OBX|7|FT|Q5^Vervallen^ZORGDOMEIN||toch niet||||||W',
      ],
    });
    expect(made.referral.reason).toBe(
      'Waarom deze verwijzing? Regel een\nregel & twee\nerbij\nSinds wanneer? de zomer\nWoont alleen: ja',
    );
    expect(made.losses.map((one) => one.path)).toContain('OBX[7]');
  });

  test('clinical remarks go along only with consent for medical content (H17)', () => {
    const parts = { more: ['OBX|4|ST|AI^Opmerkingen / klinische gegevens^99zdl||COPD||||||F'] };
    expect(letter(parts).referral.reason).toBe('Opmerkingen / klinische gegevens: COPD');
    const made = referral(zdLetter(parts), strict);
    expect(JSON.stringify({ ...made.referral, letters: [] })).not.toContain('COPD');
    expect(made.losses).toContainEqual({ path: 'OBX[4]', why: 'not-shared' });
  });
});

describe('SRM', () => {
  test('S01 announces: who, and that the letter follows', () => {
    const made = referral(zdAppointment('S01'));
    expect(made.intent).toBe('announce');
    expect(made.referral).toMatchObject({
      practiceReferralId: { value: 'ZD200000001' },
      reason: 'ZorgDomein heeft deze verwijzing aangekondigd. De brief van de verwijzer komt nog.',
      requester: { agb: '01990111' },
      patient: { bsn: '999990019', phones: ['099-7773330', '06-00777333'] },
    });
    expect(JSON.stringify(made.referral)).not.toContain('Eenzaamheid');
    expect(made.losses).toEqual([{ path: 'ARQ-6', why: 'kept-with-source' }]);
    expect(made.places.number).toBe('ARQ-1');
  });

  test('S04 cancels: a number, a person and why; no consent is asked for that', () => {
    expect(runMapping(mapping, { message: readText(zdAppointment('S04')) }, new Map())).toMatchObject({
      intent: 'cancel',
      number: { value: 'ZD200000001' },
      about: { family: 'Kanariegeel - van Zoekmij', birthDate: '1951-04-12' },
      reason: 'Eenzaamheid',
    });
  });
});

describe('refused, each with its place', () => {
  const change = (name: string, ...segments: string[]) => zdLetter({ change: { [name]: segments } });
  test.each([
    ['no number', zdLetter({ controlId: 'X', change: { ORC: [], OBR: [] } }), ['required-zd-number ORC-2']],
    ['a BSN that cannot be', change('PID', zdPatient.replace('999990019', '123456789')), ['bsn-invalid PID-3.1']],
    ['a day that does not exist', change('PID', zdPatient.replace('19510412', '19510431')), ['impossible-date PID-7']],
    ['no patient', change('PID'), ['required-patient-name PID', 'required-birth-date PID']],
    ['two patients', zdLetter({ more: [zdPatient] }), ['several-referrals PID[2]']],
    ['two referrals', change('OBR', 'OBR|1|ZD200000002'), ['several-referrals OBR-2']],
    ['an impossible moment', change('ORC', 'ORC|NW|ZD200000001|||||||20261341'), ['impossible-date ORC-9']],
    ['an attachment of nobody', zdLetter({ mark: '', change: { PID: [] } }), ['required-about PID']],
  ])('%s', (_, text, expected) => {
    expect(refused(text)).toEqual(expected);
  });

  test('without an agreement and without a CON nothing is sent; with a CON it is', () => {
    expect(without(zdLetter())).toEqual(['consent-missing CON']);
    expect(without(zdAppointment('S01'))).toEqual(['consent-missing CON']);
    const con = 'CON|1|share-reason^^99KL||||||||V|A||20261123||||||||||||1';
    expect(without(zdLetter({ more: [con] }))).toBe('refer');
    expect(refused(zdLetter({ more: [con.replace('|V|A|', '|V|R|')] }))).toEqual(['consent-missing CON-11']);
  });

  test('MSH-10 is the number where nothing else says it', () => {
    expect(letter({ change: { ORC: [], OBR: [] } })).toMatchObject({
      places: { number: 'MSH-10' },
      referral: { practiceReferralId: { value: 'ZD200000001' } },
    });
  });
});

describe('whose message it is', () => {
  const chosen = (text: string) => {
    const made = chooseMapping(mappings, 'hl7v2', { message: readText(text) });
    return isRefusal(made) ? made.refused.map((one) => `${one.reason} ${one.path}`).join() : made.format.name;
  };
  const msh = (application: string, type: string) => `MSH|^~\\&|${application}|P|K|R|20261123||${type}|1|P|2.5.1\r`;
  test.each([
    ['ZorgDomein', 'ORU^R01', 'hl7v2-zorgdomein'],
    ['ZORGDOMEIN', 'SRM^S04^SRM_S01', 'hl7v2-zorgdomein'],
    ['ZorgDomein', 'ORM^O01', 'diagnostic-order MSH-9.1'],
    ['ZorgDomein', 'OML^O21^OML_O21', 'diagnostic-order MSH-9.1'],
    ['ANDERHIS', 'OML^O21^OML_O21', 'diagnostic-order MSH-9.1'],
    ['ZorgDomein', 'SRM^S02', 'event-code MSH-9.2'],
    ['LABHIS', 'ORU^R01', 'message-type MSH-9.1'],
    ['ZorgDomein', 'ADT^A08', 'message-type MSH-9.1'],
    ['VOORBEELDHIS', 'REF^I12', 'hl7v2-ref'],
  ])('%s %s: %s', (application, type, expected) => {
    expect(chosen(msh(application, type))).toBe(expected);
  });

  test('an order is refused in words that help', () => {
    const made = chooseMapping(mappings, 'hl7v2', { message: readText(msh('ZorgDomein', 'OML^O21')) });
    expect(isRefusal(made) && made.refused[0]?.said.nl).toMatch(/laboratorium.*Hierheen gaan alleen verwijzingen/);
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
  test('a message that was written is read back', () => {
    fc.assert(
      fc.property(
        marks,
        word,
        word,
        word,
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        (d, family, given, text, tail) => {
          const e = (value: string) => escapeText(value, d);
          const base64 = Buffer.concat([Buffer.from('%PDF-1.4'), tail]).toString('base64');
          // Base64 has + and =; a sender that delimits with these must escape them.
          const seg = (name: string, ...fields: string[]) => [name, ...fields].join(d.field);
          const comps = (...parts: string[]) => parts.join(d.component);
          const message = [
            seg(
              'MSH',
              encodingCharacters(d),
              'ZorgDomein',
              'P',
              '',
              '',
              '20261123',
              '',
              comps('ORU', 'R01'),
              'ZD1',
              'P',
              '2.4',
            ),
            seg('PID', '1', '', '', '', comps(e(family), e(given), '', '', '', '', 'L'), '', '19510412'),
            seg('ORC', 'NW', 'ZD1'),
            seg('OBX', '1', 'NM', 'VB'),
            seg('OBX', '2', 'ED', 'X', '', comps('', 'application', 'pdf', 'Base64', e(base64))),
            seg('OBX', '3', 'FT', comps('Q', 'V'), '', e(text)),
          ];
          const { referral: made } = referral(message.map((one) => `${one}\r`).join(''));
          expect(made.patient.name).toMatchObject({ family, given });
          expect(made.reason).toBe(`V: ${text}`);
          expect(made.letters?.[0]?.base64).toBe(base64);
        },
      ),
      { numRuns: 300 },
    );
  });
});
