import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readUna,
  releaseText,
  type ServiceCharacters,
  usualCharacters,
  writeUna,
} from '../../src/edifact/characters.ts';
import type { Charset } from '../../src/edifact/charset.ts';
import { type Interchange, interchangeBytesMax, readInterchange } from '../../src/edifact/interchange.ts';
import { placeOf, splitSegments, valueAt, writeSegment } from '../../src/edifact/syntax.ts';

const unb = "UNB+UNOA:1+500000001+500000002+261123:0905+REF1'";
const unh = "UNH+1+MEDVRI:1'";
const tail = "UNT+3+1'UNZ+1+REF1'";
const bytes = (text: string) => Buffer.from(text, 'latin1');
const read = (text: string, agreed?: Charset) => readInterchange(bytes(text), agreed);

function good(found: ReturnType<typeof readInterchange>): Interchange {
  if ('unreadable' in found) throw new Error(`${found.unreadable} at ${found.segment} ${found.tag}`);
  return found;
}

const marks = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'];
/** Every UNA that can be: distinct signs, with a repetition character or without. */
const service = fc
  .tuple(fc.shuffledSubarray(marks, { minLength: 5, maxLength: 5 }), fc.boolean(), fc.constantFrom('.', ',', ' '))
  .map(
    ([[component = '', element = '', release = '', terminator = '', other = ''], has, decimal]): ServiceCharacters => ({
      component,
      element,
      release,
      terminator,
      decimal,
      repetition: has ? other : ' ',
    }),
  );
const value = fc
  .array(fc.oneof(fc.constantFrom(...marks), fc.constantFrom('é', ' ', 'a', 'T', '\u00ff', '\u00a0')), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));

describe('service characters', () => {
  test('values come back, under every UNA and whatever characters they hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { maxLength: 5 }),
        service,
        (elements, s) => {
          const written = writeSegment(['TXT', '1'], elements, s);
          const { segments, fault } = splitSegments(written + writeSegment(['GGO'], ['x'], s), 0, s);
          expect(fault).toBeUndefined();
          expect(segments.map((one) => one.tag)).toEqual(['TXT', 'GGO']);
          const cut = (parts: readonly string[]) => parts.slice(0, parts.findLastIndex((one) => one !== '') + 1);
          const all = elements.map(cut);
          const kept = all.slice(0, all.findLastIndex((one) => one.length > 0) + 1);
          expect(segments[0]?.elements.map(cut)).toEqual(kept);
          expect(segments[0]?.nesting).toEqual(['1']);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('UNA is read as it is written', () => {
    fc.assert(
      fc.property(service, (s) => {
        expect(readUna(writeUna(s))).toEqual(s);
      }),
    );
  });

  test.each(["UNA::.? '", "UNA:+.+ '", "UNAa+.? '", 'UNA:+.? \n', "UNA :.? '", 'UNA:+.?', "UNA:+\u0000? '"])(
    '%j is refused',
    (una) => {
      expect(readUna(una)).toBeUndefined();
      expect(read(`${una}${unb}${unh}TXT:1+a'${tail}`)).toMatchObject({ unreadable: 'service-characters', tag: 'UNA' });
    },
  );

  test('a UNA without decimal mark or release character is taken', () => {
    expect(good(read(`UNA:+ ? '\r\n${unb}${unh}TXT:1+a?'b'${tail}`)).messages).toHaveLength(1);
    const none = good(read(`UNA:+.  '${unb}${unh}TXT:1+a?'${tail}`));
    expect(valueAt(none.messages[0]?.segments[0], 1)).toBe('a?');
    expect(() => releaseText('a', none.service)).toThrow();
  });

  test('a repetition character is released, for readers that part a value there', () => {
    const s = { ...usualCharacters, repetition: '*' };
    expect(writeSegment(['TXT', '1'], ['a*b'], s)).toBe("TXT:1+a?*b'");
    expect(valueAt(splitSegments("TXT:1+a?*b*c'", 0, s).segments[0], 1)).toBe('a*b*c');
    expect(valueAt(splitSegments("TXT:1+a?*b'", 0, usualCharacters).segments[0], 1)).toBe('a?*b');
  });

  test('without UNA other characters are refused', () => {
    expect(read("UNB|UNOA:1|1|2|261123:0905|REF1'")).toMatchObject({ unreadable: 'service-characters', tag: 'UNB' });
  });

  test('a question mark that releases nothing stays', () => {
    const { messages } = good(read(`${unb}${unh}TXT:1+Gaat het? Ja?? ?Zwolle ?+31'${tail}`));
    expect(valueAt(messages[0]?.segments[0], 1)).toBe('Gaat het? Ja? ?Zwolle +31');
  });
});

describe('an interchange', () => {
  test('says who sends what to whom', () => {
    const found = good(read(`${unb}\r\n${unh}\r\nTXT:1+a'\r\nUNT+3+1'\r\nUNZ+1+REF1'\r\n\u001a`));
    expect(found.envelope).toEqual({
      syntax: 'UNOA',
      version: '1',
      sender: '500000001',
      receiver: '500000002',
      day: '2026-11-23',
      minute: '09:05',
      controlReference: 'REF1',
      application: '',
      isTest: false,
    });
    expect(found.messages).toMatchObject([{ reference: '1', type: 'MEDVRI', version: '1' }]);
    expect(found.messages[0]?.segments.map((one) => placeOf(one, 1))).toEqual(['TXT-1']);
  });

  test('may hold more than one message; places count within each', () => {
    const one = (n: number) => `UNH+${n}+MEDVRI:1'TXT:1+a'TXT:2+b'UNT+4+${n}'`;
    const { messages } = good(read(`${unb}${one(1)}${one(2)}UNZ+2+REF1'`));
    expect(messages.map((two) => two.segments.map((each) => [placeOf(each), each.number]))).toEqual([
      [
        ['TXT', 3],
        ['TXT[2]', 4],
      ],
      [
        ['TXT', 7],
        ['TXT[2]', 8],
      ],
    ]);
  });

  test('a test stays one', () => {
    const test = unb.replace("REF1'", "REF1++MED++++1'");
    expect(good(read(`${test}${unh}TXT:1+a'${tail}`)).envelope).toMatchObject({ isTest: true, application: 'MED' });
  });

  const text = "TXT:1+a'";
  test.each([
    ['nothing', '', 'no-header', 0, ''],
    ['something else', 'MSH|^~\\&|A', 'no-header', 0, ''],
    ['another repertoire', unb.replace('UNOA', 'UNOE') + unh + text + tail, 'syntax', 1, 'UNB'],
    ['version 4', unb.replace(':1', ':4') + unh + text + tail, 'syntax', 1, 'UNB'],
    ['no control reference', unb.replace('REF1', '') + unh + text + tail, 'control-reference', 1, 'UNB'],
    [
      'a long control reference',
      unb.replace('REF1', 'x'.repeat(36)) + unh + text + tail,
      'control-reference',
      1,
      'UNB',
    ],
    ['another reference in UNZ', `${unb}${unh}${text}UNT+3+1'UNZ+1+REF2'`, 'control-reference', 5, 'UNZ'],
    ['another reference in UNT', `${unb}${unh}${text}UNT+3+2'UNZ+1+REF1'`, 'control-reference', 4, 'UNT'],
    ['no reference in UNH', `${unb}UNH++MEDVRI:1'${text}UNT+3'UNZ+1+REF1'`, 'control-reference', 2, 'UNH'],
    ['a reference twice', `${unb}${unh}${text}UNT+3+1'${unh}${text}UNT+3+1'UNZ+2+REF1'`, 'control-reference', 5, 'UNH'],
    ['a wrong count', `${unb}${unh}${text}UNT+4+1'UNZ+1+REF1'`, 'segment-count', 4, 'UNT'],
    ['a count that is none', `${unb}${unh}${text}UNT+3x+1'UNZ+1+REF1'`, 'segment-count', 4, 'UNT'],
    ['a wrong count of messages', `${unb}${unh}${text}UNT+3+1'UNZ+2+REF1'`, 'message-count', 5, 'UNZ'],
    ['no message', `${unb}UNZ+0+REF1'`, 'message-count', 2, 'UNZ'],
    ['a segment outside a message', `${unb}${text}${unh}${text}${tail}`, 'order', 2, 'TXT'],
    ['a message in a message', `${unb}${unh}${unh}${text}${tail}`, 'order', 3, 'UNH'],
    ['a group', `${unb}UNG+MEDVRI'${unh}${text}${tail}`, 'order', 2, 'UNG'],
    ['UNZ within a message', `${unb}${unh}${text}UNZ+1+REF1'`, 'order', 4, 'UNZ'],
    ['no end', `${unb}${unh}${text}`, 'truncated', 4, ''],
    ['half a segment', `${unb}${unh}TXT:1+a`, 'truncated', 3, 'TXT'],
    ['a second interchange', `${unb}${unh}${text}${tail}${unb}`, 'after-end', 6, 'UNB'],
    ['a tag that is none', `${unb}${unh}txt+a'${tail}`, 'segment', 3, ''],
    ['a tag with more', `${unb}${unh}TXTX+a'${tail}`, 'segment', 3, 'TXT'],
    ['more parts than a segment has', `${unb}${unh}TXT${'+'.repeat(200)}'${tail}`, 'segment', 3, 'TXT'],
    ['a line end inside a segment', `${unb}${unh}TXT:1+a\r\nb'${tail}`, 'line-break', 3, 'TXT'],
    [
      'a terminator that was released',
      `${unb}${unh}TXT:1+Gaat het?'\r\nTXT:2+b'UNT+4+1'UNZ+1+REF1'`,
      'line-break',
      3,
      'TXT',
    ],
    ['the same on one line', `${unb}${unh}TXT:1+Gaat het?'TXT:2+b'UNT+4+1'UNZ+1+REF1'`, 'segment-count', 4, 'UNT'],
    ['a control character', `${unb}${unh}TXT:1+a\u0007'${tail}`, 'control-character', 3, 'TXT'],
    ['a delete character', `${unb}${unh}TXT:1+a\u007f'${tail}`, 'control-character', 3, 'TXT'],
    ['Latin-1 under UNOA', `${unb}${unh}TXT:1+Zoë'${tail}`, 'charset', 3, 'TXT'],
    ['code page 850 under UNOC', `${unb.replace('UNOA', 'UNOC')}${unh}TXT:1+Zo\u0089'${tail}`, 'charset', 3, 'TXT'],
    ['Latin-1 under UNOY', `${unb.replace('UNOA', 'UNOY')}${unh}TXT:1+Zoë'${tail}`, 'charset', 3, 'TXT'],
  ])('%s is refused, with its place', (_, raw, unreadable, segment, tag) => {
    expect(read(raw)).toMatchObject({ unreadable, segment, tag });
  });

  test('who sent what cannot be read is known when UNB could be', () => {
    expect(read(`${unb}${unh}TXT:1+Zoë'${tail}`)).toMatchObject({
      unreadable: 'charset',
      envelope: { sender: '500000001', controlReference: 'REF1' },
    });
    expect(read('UNB+UNOA:1+500000001')).toEqual({ unreadable: 'truncated', segment: 1, tag: 'UNB' });
  });

  test('has no more segments than a mailbox would send', () => {
    const raw = (n: number) => `${unb}${unh}${"TXT:1+a'".repeat(n)}UNT+${n + 2}+1'UNZ+1+REF1'`;
    expect(good(read(raw(9_996))).messages).toHaveLength(1);
    expect(read(raw(9_997))).toMatchObject({ unreadable: 'too-large', segment: 10_001 });
  });

  test('is no longer than it may be', () => {
    expect(readInterchange(new Uint8Array(interchangeBytesMax + 1))).toMatchObject({ unreadable: 'too-large' });
  });

  test.each<[Charset, Buffer]>([
    ['8859/1', Buffer.from('Zoë', 'latin1')],
    ['CP850', Buffer.from([0x5a, 0x6f, 0x89])],
    ['UTF-8', Buffer.from('Zoë')],
  ])('%s under UNOA is read when that was agreed', (agreed, name) => {
    const raw = Buffer.concat([bytes(`${unb}${unh}TXT:1+`), name, bytes(`'${tail}`)]);
    const { messages, charset } = good(readInterchange(raw, agreed));
    expect(valueAt(messages[0]?.segments[0], 1)).toBe('Zoë');
    expect(charset).toBe(agreed);
    expect(readInterchange(raw)).toMatchObject({ unreadable: 'charset' });
  });

  test('what was agreed does not count under UNOY: UTF-8 shows whether it is', () => {
    const raw = Buffer.from(`${unb.replace('UNOA', 'UNOY')}${unh}TXT:1+Zoë'${tail}`);
    expect(good(readInterchange(raw, '8859/1')).charset).toBe('UTF-8');
  });

  test('UNOC is Latin-1 and UNOY is UTF-8, with a byte order mark or without', () => {
    const raw = (syntax: string) => `${unb.replace('UNOA', syntax)}${unh}TXT:1+Zoë'${tail}`;
    const said = (one: Buffer) => valueAt(good(readInterchange(one)).messages[0]?.segments[0], 1);
    expect(said(Buffer.from(raw('UNOC'), 'latin1'))).toBe('Zoë');
    expect(said(Buffer.from(raw('UNOY')))).toBe('Zoë');
    expect(said(Buffer.from(`\ufeff${raw('UNOY')}`))).toBe('Zoë');
  });
});

describe('anything at all', () => {
  const whole = `UNA:+.? '\r\n${unb}\r\n${unh}\r\nGGA+De Brink+++Kerkstraat:1::Deventer'\r\nTXT:1+a?+b'\r\nUNT+4+1'\r\nUNZ+1+REF1'`;
  const charset = fc.constantFrom<Charset | undefined>(undefined, 'ASCII', '8859/1', 'WINDOWS-1252', 'CP850', 'UTF-8');

  test('bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), charset, (one, agreed) => {
        expect(readInterchange(one, agreed)).toHaveProperty('unreadable');
      }),
    );
  });

  test('a message that was cut off is never taken for a whole one', () => {
    for (let end = 0; end < whole.length; end += 1) {
      expect([end, readInterchange(bytes(whole.slice(0, end)))]).toMatchObject([
        end,
        { unreadable: expect.any(String) },
      ]);
    }
    expect(good(read(whole)).messages).toHaveLength(1);
  });

  test('a message with bytes changed, added or gone never throws', () => {
    const change = fc.tuple(fc.nat(whole.length), fc.nat(4), fc.uint8Array({ maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), charset, (changes, agreed) => {
        let raw: Buffer = bytes(whole);
        for (const [at, gone, more] of changes)
          raw = Buffer.concat([raw.subarray(0, at), more, raw.subarray(at + gone)]);
        const found = readInterchange(raw, agreed);
        if ('unreadable' in found) expect(found.tag).toMatch(/^([A-Z][A-Z0-9]{2})?$/);
        else expect(found.messages.length).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
  });

  test('what is repeated up to the limit is read or refused, in memory that the bytes pay for', () => {
    const parts = [
      "'",
      '+',
      ':',
      '?',
      '??',
      "?'",
      ' ',
      '\r\n',
      "UNH+1'",
      "TXT+'",
      'UNA',
      unb,
      "TXT:1+++++++++++++++++++'",
      'é',
    ];
    for (const part of parts) {
      const raw = (unb + unh + part.repeat(interchangeBytesMax)).slice(0, interchangeBytesMax);
      expect([part, readInterchange(bytes(raw))]).toMatchObject([part, { unreadable: expect.any(String) }]);
    }
  });
});
