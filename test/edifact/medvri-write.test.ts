import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fits } from '../../src/edifact/charset.ts';
import {
  type Addressed,
  controlReference,
  latinWriting,
  usualWriting,
  type Writing,
} from '../../src/edifact/envelope.ts';
import { readInterchange } from '../../src/edifact/interchange.ts';
import { wrapLine } from '../../src/edifact/lines.ts';
import { type Medvri, readMedvri } from '../../src/edifact/medvri.ts';
import { type Letter, type Written, writeMedvri } from '../../src/edifact/medvri-write.ts';

const id = '019aab3e-7c2f-7abc-8def-0123456789ab';
const addressed: Addressed = {
  sender: '500000002',
  receiver: '500000001',
  writtenAt: { day: '2026-11-23', minute: '09:05' },
  controlReference: controlReference(id),
};
const letter: Letter = {
  sender: {
    name: 'Sanne',
    institution: 'Wally Voorbeeldstreek',
    address: { street: 'Kerkplein', houseNumber: '8', city: 'Deventer', postcode: '7411AB' },
    phone: '+31570123456',
  },
  writtenAt: { day: '2026-11-23', minute: '09:05' },
  subject: {
    birthDay: '1980-02-29',
    sex: 'V',
    name: { family: 'Berg', prefix: "van 't", birthFamily: 'Jansen', initials: 'A.' },
    senderReference: '4711',
    bsn: '123456782',
    address: { city: 'Deventer' },
  },
  lines: ['Terugkoppeling van uw verwijzing: 4711', '', "Gaat het beter? Ja + 'goed'", '  - ingesprongen', ''],
  receiver: { name: 'H. de Boer', institution: 'Huisartsenpraktijk De Brink' },
};

function back(written: Written): Medvri {
  const interchange = readInterchange(written.encode());
  if ('unreadable' in interchange) throw new Error(`${interchange.unreadable} at ${interchange.tag}`);
  const [message] = interchange.messages;
  const medvri = message && readMedvri(interchange, message);
  if (!medvri || 'unreadable' in medvri) throw new Error(`${medvri?.unreadable} at ${medvri?.path}`);
  return medvri;
}

const latin = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter((one) => fits(one, '8859/1'));
const marks = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'];
const lineText = fc
  .array(fc.oneof(fc.constantFrom(...latin), fc.constantFrom(...marks, ' ', ' ')), { maxLength: 200 })
  .map((all) => all.join(''));
const anyLine = fc
  .array(fc.oneof(lineText, fc.string({ unit: 'grapheme', maxLength: 40 })), { maxLength: 3 })
  .map((all) => all.join(' '));
const service = fc
  .tuple(fc.shuffledSubarray(marks, { minLength: 5, maxLength: 5 }), fc.boolean())
  .map(([[component = '', element = '', release = '', terminator = '', other = ''], has]) => ({
    component,
    element,
    release,
    terminator,
    decimal: '.',
    repetition: has ? other : ' ',
  }));
const lineEnd = fc.constantFrom<Writing['lineEnd']>('\r\n', '\r', '\n', '');
/** Under UNA's own characters the tags and numbers of a letter stay what they are. */
const writing = fc
  .record({ service, lineEnd, hasUna: fc.boolean() })
  .map((some): Writing => ({ ...latinWriting, ...some }));

describe('a letter as MEDVRI', () => {
  test('is written as Dutch mailboxes read it', () => {
    const control = controlReference(id);
    expect(writeMedvri(letter, addressed, usualWriting).text.split('\r\n')).toEqual([
      "UNA:+.? '",
      `UNB+UNOA:1+500000002+500000001+261123:0905+${control}'`,
      `UNH+${control}+MEDVRI:1'`,
      "GGA+Sanne++Wally Voorbeeldstreek+Kerkplein:8::Deventer:7411AB+?+31570123456'",
      "DET+26:11:23+09:05'",
      "PID+1980:02:29+V+Berg:van ?'t:Jansen:::A.+4711+BSN123456782'",
      "PAD+:::Deventer'",
      "TXT:1+Terugkoppeling van uw verwijzing?: 4711'",
      "TXT:2+'",
      "TXT:3+Gaat het beter?? Ja ?+ ?'goed?''",
      "TXT:4+  - ingesprongen'",
      "TXT:5+'",
      "GGO+H. de Boer++Huisartsenpraktijk De Brink'",
      `UNT+12+${control}'`,
      `UNZ+1+${control}'`,
      '',
    ]);
  });

  test('comes back as it was', () => {
    const written = writeMedvri(letter, addressed, usualWriting);
    const { sender, patient, lines, receiver, writtenDay, writtenMinute, envelope, oddities } = back(written);
    const { birthDay, bsn, senderReference, name, address, sex } = patient ?? {};
    expect({ sender, receiver, lines: lines.map((one) => one.text) }).toEqual({
      sender: letter.sender,
      receiver: letter.receiver,
      lines: letter.lines,
    });
    expect({ birthDay, bsn, senderReference, name, address, sex }).toEqual(letter.subject);
    expect([writtenDay, writtenMinute]).toEqual(['2026-11-23', '09:05']);
    expect(envelope).toMatchObject({
      sender: '500000002',
      receiver: '500000001',
      controlReference: controlReference(id),
    });
    expect([written.losses, oddities]).toEqual([[], []]);
  });

  test('without a subject has no PID, without BSN an empty PID-5, without words one empty line', () => {
    const { subject, receiver, ...rest } = letter;
    const none = writeMedvri({ ...rest, lines: [] }, addressed, usualWriting);
    expect(none.text).not.toMatch(/PID|PAD|GGO/);
    expect(back(none).lines.map((one) => one.text)).toEqual(['']);
    const anonymous = { birthDay: '1980-02-29', sex: '' as const, name: { family: 'Berg' } };
    expect(writeMedvri({ ...letter, subject: anonymous }, addressed, usualWriting).text).toContain(
      "PID+1980:02:29++Berg'",
    );
  });

  test('Latin-1 text is the same again under every UNA: lines of seventy, no character gone, nothing declared', () => {
    fc.assert(
      fc.property(fc.array(lineText, { minLength: 1, maxLength: 6 }), writing, (lines, how) => {
        const written = writeMedvri({ ...letter, lines }, addressed, how);
        expect(written.losses).toEqual([]);
        const { lines: read, oddities, unknown } = back(written);
        expect(read.map((one) => one.text)).toEqual(lines.flatMap((one) => wrapLine(one)));
        expect(read.every((one) => one.text.length <= 70)).toBe(true);
        expect([oddities, unknown]).toEqual([[], []]);
      }),
      { numRuns: 300 },
    );
  });

  test('any text comes back in plain letters, or is declared with its place', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 4 }), (lines) => {
        const written = writeMedvri({ ...letter, lines }, addressed, usualWriting);
        const read = back(written).lines.map((one) => one.text);
        expect(read.every((one) => one.length <= 70)).toBe(true);
        for (const { path, at, given } of written.losses) {
          const n = Number(/^lines\[(\d+)\]$/.exec(path)?.[1]);
          expect(lines[n]?.slice(at, at + given.length)).toBe(given);
        }
        const isPlain = lines.every((line) => /^[ -~]*$/.test(line));
        expect(written.losses.length === 0).toBe(
          isPlain || read.join('\n') === lines.flatMap((one) => wrapLine(one)).join('\n'),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('names and addresses of any length and letters never break the message', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(name, name, name, writing, (family, city, institution, how) => {
        const odd: Letter = {
          ...letter,
          sender: { name: family, institution, address: { city } },
          subject: {
            birthDay: '1980-02-29',
            sex: 'M',
            name: { family, prefix: city },
            bsn: '123456782',
            address: { city },
          },
        };
        const { patient, sender } = back(writeMedvri(odd, addressed, how));
        expect(patient?.bsn).toBe('123456782');
        expect((patient?.name.family ?? '').length).toBeLessThanOrEqual(30);
        expect((sender?.address?.city ?? '').length).toBeLessThanOrEqual(20);
      }),
      { numRuns: 300 },
    );
  });

  test('what a field cannot hold, and what it had to write otherwise, stands in the losses', () => {
    const long = { ...letter, sender: { name: `Zoë ${'x'.repeat(40)}`, phone: '06\n12' }, lines: ['☂'] };
    expect(back(writeMedvri(long, addressed, usualWriting)).sender?.phone).toBe('06 12');
    expect(writeMedvri(long, addressed, usualWriting).losses).toEqual([
      { kind: 'changed', path: 'sender.name', at: 2, given: 'ë', written: 'e' },
      { kind: 'cut', path: 'sender.name', at: 40, given: 'xxxx', written: '' },
      { kind: 'changed', path: 'sender.phone', at: 2, given: '\n', written: ' ' },
      { kind: 'lost', path: 'lines[0]', at: 0, given: '☂', written: '?' },
    ]);
  });

  test('the same letter is the same bytes', () => {
    const bytes = () => Buffer.from(writeMedvri(letter, addressed, latinWriting).encode()).toString('hex');
    expect(bytes()).toBe(bytes());
  });

  test('code page 850 for the mailbox that wants it', () => {
    const written = writeMedvri({ ...letter, lines: ['Zoë'] }, addressed, { ...usualWriting, charset: 'CP850' });
    expect(Buffer.from(written.encode()).toString('hex')).toContain('5a6f89');
    expect(readInterchange(written.encode())).toMatchObject({ unreadable: 'charset', tag: 'TXT' });
    expect(readInterchange(written.encode(), 'CP850')).toMatchObject({ charset: 'CP850' });
  });

  test('a mailbox number or a reference that UNB cannot hold is a bug', () => {
    for (const wrong of [{ sender: '' }, { receiver: "5'" }, { controlReference: 'x'.repeat(15) }])
      expect(() => writeMedvri(letter, { ...addressed, ...wrong }, usualWriting)).toThrow();
  });
});

describe('the control reference', () => {
  test('is the same for the same id, another for another, and fits UNB-5', () => {
    fc.assert(
      fc.property(fc.uuid({ version: 7 }), fc.uuid({ version: 7 }), (a, b) => {
        expect(controlReference(a)).toMatch(/^[0-9A-Z]{14}$/);
        expect(controlReference(a)).toBe(controlReference(a.toUpperCase()));
        const key = (one: string) => one.slice(0, 13) + one.slice(-6);
        expect(controlReference(a) === controlReference(b)).toBe(key(a) === key(b));
      }),
    );
    expect(controlReference('ffffffff-ffff-7fff-bfff-ffffffffffff')).toHaveLength(14);
    expect(() => controlReference('019aab3e-7c2f-4abc-8def-0123456789ab')).toThrow();
  });
});
