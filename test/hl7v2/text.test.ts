import { Hl7Message } from '@medplum/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Charset, charsetOf, decodeBytes, encodeText, undeclaredCharset } from '../../src/hl7v2/charset.ts';
import {
  type Delimiters,
  encodingCharacters,
  escapeText,
  unescapeText,
  usualDelimiters,
} from '../../src/hl7v2/escape.ts';
import { fieldOf, type Message, parseMessage, segmentOf, textOf } from '../../src/hl7v2/message.ts';

const zorgdomein: Delimiters = { ...usualDelimiters, repetition: '_' };
const odd: Delimiters = { field: '#', component: ':', repetition: '+', escape: '/', subcomponent: '%' };
const delimiters = fc.constantFrom(usualDelimiters, zorgdomein, odd);

/** Anything a person might write, with more delimiters and line ends than is likely. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('|', '^', '~', '\\', '&', '_', '#', ':', '+', '/', '%', '\n', '\t', 'X41', '.br', 'T', ' '),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))
  .filter((one) => one.isWellFormed());
const lines = (one: string) => one.replace(/\r\n?/g, '\n');

function parsed(raw: string): Message {
  const message = parseMessage(raw, 'UNICODE UTF-8');
  if ('unreadable' in message) throw new Error(`${message.unreadable} at ${message.path}`);
  return message;
}

describe('escapes', () => {
  test('what is escaped comes back, in any delimiters', () => {
    fc.assert(
      fc.property(text, delimiters, (said, d) => {
        expect(unescapeText(escapeText(said, d), d, 'UNICODE UTF-8')).toBe(lines(said));
      }),
      { numRuns: 500 },
    );
  });

  test('an escaped text holds none of the delimiters and no control character', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('\u000b', '\u001c', '\r', '\u0000', ''), delimiters, (said, control, d) => {
        const written = escapeText(said + control, d);
        for (const one of [d.field, d.component, d.repetition, d.subcomponent]) expect(written).not.toContain(one);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what we look for
        expect(written).not.toMatch(/[\u0000-\u001f]/);
      }),
    );
  });

  test('another parser finds the same structure in what we write, whatever the texts say', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), delimiters, (texts, d) => {
        const written = texts.map((one) => escapeText(one, d));
        const head = ['MSH', encodingCharacters(d), 'A', 'B'].join(d.field);
        const raw = `${head}\rZZZ${d.field}${written.join(d.component)}${d.field}${written.join(d.repetition)}\r`;
        const theirs = Hl7Message.parse(raw).getSegment('ZZZ');
        expect(texts.map((_, n) => theirs?.getField(1).getComponent(n + 1))).toEqual(written);
        expect(theirs?.getField(2).components).toHaveLength(texts.length);
        const ours = parsed(raw);
        const zzz = segmentOf(ours, 'ZZZ');
        expect(texts.map((_, n) => fieldOf(ours, zzz, 1, n + 1))).toEqual(
          texts.map((one) => (one === '""' ? '' : lines(one).trim())),
        );
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['Jansen \\T\\ Zn', 'Jansen & Zn'],
    ['\\F\\\\S\\\\R\\\\E\\', '|^~\\'],
    ['een\\.br\\twee\\.sp2\\drie', 'een\ntwee\n\ndrie'],
    ['\\H\\vet\\N\\ gewoon\\.in+4\\', 'vet gewoon'],
    ['\\X41\\ \\XC3A9\\ \\Xc3a9\\', 'A é é'],
    ['50\\ korting', '50\\ korting'],
    ['C:\\map\\T\\meer', 'C:\\map&meer'],
    ['\\Zlokaal\\ en \\C2842\\', '\\Zlokaal\\ en \\C2842\\'],
    ['\\XFF\\', '\\XFF\\'],
    ['los \\', 'los \\'],
  ])('%j says %j', (raw, said) => {
    expect(unescapeText(raw, usualDelimiters, 'UNICODE UTF-8')).toBe(said);
  });

  test('hex data is of the set of the message', () => {
    expect(unescapeText('\\XE9\\', usualDelimiters, '8859/1')).toBe('é');
    expect(unescapeText('\\XA4\\', usualDelimiters, '8859/15')).toBe('€');
  });

  test('a sender without an escape character has no escapes', () => {
    expect(unescapeText('a\\T\\b', { ...usualDelimiters, escape: '' }, 'ASCII')).toBe('a\\T\\b');
  });
});

describe('character sets', () => {
  const of: Record<Exclude<Charset, 'UNICODE UTF-8'>, number> = { ASCII: 0x7f, '8859/1': 0xff, '8859/15': 0xff };
  const single = fc.constantFrom(...(Object.keys(of) as (keyof typeof of)[]));
  const printable = (max: number) => fc.integer({ min: 0x20, max }).filter((byte) => byte < 0x7f || byte > 0x9f);

  test('what a set has goes there and back', () => {
    fc.assert(
      fc.property(
        single.chain((charset) => fc.tuple(fc.constant(charset), fc.array(printable(of[charset]), { maxLength: 30 }))),
        ([charset, all]) => {
          const bytes = Uint8Array.from(all);
          const said = decodeBytes(bytes, charset) ?? '';
          expect([...encodeText(said, charset)]).toEqual(all);
        },
      ),
    );
  });

  test('UTF-8 goes there and back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((one) => one.isWellFormed()),
        (said) => {
          expect(decodeBytes(encodeText(said, 'UNICODE UTF-8'), 'UNICODE UTF-8')).toBe(said);
        },
      ),
    );
  });

  test('what a set does not have becomes plain letters, never another letter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), single, (said, charset) => {
        expect(decodeBytes(encodeText(said, charset), charset)).toBeDefined();
      }),
    );
    expect(Buffer.from(encodeText('Šimić – “€ 5” łódź ☂', '8859/1')).toString('latin1')).toBe(
      'Simic - "EUR 5" l\u00f3dz ?',
    );
    expect(Buffer.from(encodeText('Müller', 'ASCII')).toString('latin1')).toBe('Muller');
  });

  test.each([
    ['8859/1', '8859/1'],
    ['8859/15', '8859/15'],
    ['UNICODE UTF-8', 'UNICODE UTF-8'],
    [' unicode utf-8 ', 'UNICODE UTF-8'],
    ['ASCII', 'ASCII'],
    ['ISO IR87', undefined],
    ['8859/2', undefined],
  ])('MSH-18 %j is %j', (declared, charset) => {
    expect(charsetOf(declared)).toBe(charset);
  });

  test('bytes that are not of the declared set are not read', () => {
    const latin = Buffer.from('Bjørg', 'latin1');
    expect(decodeBytes(latin, 'UNICODE UTF-8')).toBeUndefined();
    expect(decodeBytes(latin, 'ASCII')).toBeUndefined();
    expect(decodeBytes(latin, '8859/1')).toBe('Bjørg');
  });

  test('without a declaration valid UTF-8 is UTF-8, and the rest 8859/1', () => {
    expect(undeclaredCharset(Buffer.from('Jansen'))).toBe('ASCII');
    expect(undeclaredCharset(Buffer.from('Bjørg'))).toBe('UNICODE UTF-8');
    expect(undeclaredCharset(Buffer.from('Bjørg', 'latin1'))).toBe('8859/1');
  });

  test('the euro sign that systems write into 8859/1 is one', () => {
    expect(decodeBytes(Buffer.of(0x80, 0x92), '8859/1')).toBe('€’');
  });
});

describe('a message', () => {
  test('segments, fields and repetitions are those that another parser sees', () => {
    const raw = 'MSH|^_\\&|A|B\rPID|1||1^^^X_2^^^Y||van Dijk&van&Dijk^J\rOBX|1|TX\r';
    const theirs = Hl7Message.parse(raw);
    const ours = parsed(raw);
    const pid = segmentOf(ours, 'PID');
    expect(ours.delimiters.repetition).toBe('_');
    expect(ours.segments.map((one) => one.name)).toEqual(
      theirs.segments.filter((one) => one.name).map((one) => one.name),
    );
    expect(pid?.fields.slice(1)).toEqual([1, 2, 3, 4, 5].map((n) => theirs.getSegment('PID')?.getField(n).toString()));
    expect(fieldOf(ours, pid, 5, 1, 3)).toBe('Dijk');
    expect(theirs.getSegment('PID')?.getComponent(5, 1, 2)).toBe('Dijk');
  });

  test('CR, CRLF, LF and a byte order mark make no difference', () => {
    const segments = ['MSH|^~\\&|A', 'PID|1', 'NTE|1||tekst'];
    const names = [['\r'], ['\r\n'], ['\n'], ['\r', '\uFEFF'], ['\n', '\n\n']].map(([end = '', begin = '']) =>
      parsed(begin + segments.join(end) + end).segments.map((one) => one.name),
    );
    for (const one of names) expect(one).toEqual(['MSH', 'PID', 'NTE']);
  });

  test('in a text field delimiters that were not escaped are text, and repetitions are lines', () => {
    const message = parsed('MSH|^~\\&|A\rNTE|1||Jansen & Zn ^ co~tweede \\T\\ regel\r');
    expect(textOf(message, segmentOf(message, 'NTE'), 3)).toBe('Jansen & Zn ^ co\ntweede & regel');
  });

  test('a field that is to be emptied is empty', () => {
    const message = parsed('MSH|^~\\&|A\rPID|""||x^""^z\r');
    expect(fieldOf(message, segmentOf(message, 'PID'), 1)).toBe('');
    expect([1, 2, 3].map((n) => fieldOf(message, segmentOf(message, 'PID'), 3, n))).toEqual(['x', '', 'z']);
  });

  test.each([
    ['no message at all', 'GET / HTTP/1.1', 'no-header', ''],
    ['another first segment', 'PID|1\r', 'no-header', ''],
    ['a delimiter twice', 'MSH|^^\\&|A\r', 'delimiters', 'MSH-2'],
    ['a letter as delimiter', 'MSHA^~\\&AB\r', 'delimiters', 'MSH-2'],
    ['no delimiters', 'MSH|', 'delimiters', 'MSH-2'],
    ['a control character', 'MSH|^~\\&|A\rPID|1||a\u0007\r', 'control-character', 'PID'],
    ['a control character in hex', 'MSH|^~\\&|A\rNTE|1||a\\X4100\\\r', 'control-character', 'NTE'],
    ['a second header', 'MSH|^~\\&|A\rMSH|^~\\&|B\r', 'segment', 'MSH'],
    ['a line that is no segment', 'MSH|^~\\&|A\rPID|1\rvrije tekst\r', 'segment', 'PID'],
    ['a segment hidden behind LF', 'MSH|^~\\&|A\rNTE|1||x\nPID|2\r', 'segment', ''],
  ])('%s is refused', (_, raw, unreadable, path) => {
    expect(parseMessage(raw, 'UNICODE UTF-8')).toEqual({ unreadable, path });
  });
});
