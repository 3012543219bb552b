import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Charset, charsetOf, decodeBytes, encodeText, fits, unfit } from '../../src/edifact/charset.ts';
import { carry } from '../../src/edifact/plain.ts';

const latin = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter((one) => fits(one, '8859/1'));
const anyText = fc
  .array(fc.oneof(fc.constantFrom(...latin), fc.string({ unit: 'grapheme', maxLength: 3 }), fc.string()), {
    maxLength: 20,
  })
  .map((parts) => parts.join(''));
const charsets: Charset[] = ['ASCII', '8859/1', 'WINDOWS-1252', 'CP850', 'UTF-8'];

describe('what the bytes say', () => {
  test.each([
    ['UNOA', 'ASCII'],
    ['UNOB', 'ASCII'],
    ['UNOC', '8859/1'],
    ['UNOW', 'UTF-8'],
    ['UNOY', 'UTF-8'],
    ['UNOD', undefined],
    ['toString', undefined],
    ['', undefined],
  ])('%j is %j', (identifier, charset) => {
    expect(charsetOf(identifier)).toBe(charset);
  });

  test('Latin-1 is the one that the platform knows', () => {
    const bytes = Uint8Array.from({ length: 96 }, (_, n) => 0xa0 + n);
    expect(decodeBytes(bytes, '8859/1')).toBe(Buffer.from(bytes).toString('latin1'));
  });

  test('Windows-1252 is the one that the platform knows', () => {
    const bytes = Uint8Array.from({ length: 128 }, (_, n) => 0x80 + n);
    const theirs = new TextDecoder('windows-1252').decode(bytes);
    expect(decodeBytes(bytes, 'WINDOWS-1252')).toBe(theirs.replace(/[\u0080-\u009f]/g, unfit));
  });

  test('code page 850, as Dutch DOS programs write it', () => {
    const word = 'Zoë Müller à Curaçao, ½ café, ïéèêáíóúñ, Ångström, Ørsted, ÿ';
    const bytes =
      '5A6F89204D816C6C657220852043757261 87616F2C20AB20636166822C208B828A88A0A1A2A3A42C208F6E67737472946D2C209D7273 7465642C2098';
    expect(decodeBytes(Buffer.from(bytes.replaceAll(' ', ''), 'hex'), 'CP850')).toBe(word);
  });

  test('bytes that are not of the set are marked, never guessed', () => {
    expect(decodeBytes(Buffer.from('Zoë', 'latin1'), 'ASCII')).toBe(`Zo${unfit}`);
    expect(decodeBytes(Buffer.from('Zoë', 'latin1'), 'UTF-8')).toContain(unfit);
    // ë of code page 850 stands where Latin-1 has nothing.
    expect(decodeBytes(Buffer.of(0x5a, 0x6f, 0x89), '8859/1')).toBe(`Zo${unfit}`);
  });

  test('what fits a set goes there and back', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(...charsets), (text, charset) => {
        const fitting = [...text].filter((one) => fits(one, charset)).join('');
        expect(decodeBytes(encodeText(fitting, charset), charset)).toBe(fitting);
      }),
    );
  });

  test('what does not fit is a bug, not another letter', () => {
    expect(() => encodeText('é', 'ASCII')).toThrow();
    expect(() => encodeText(unfit, '8859/1')).toThrow();
  });
});

describe('plain letters', () => {
  test.each([
    ['Zoë José Müller', 'Zoe Jose Muller'],
    ['€ 5', 'EUR 5'],
    ['“Ja”, zei ‘hij’ – nu…', '"Ja", zei \'hij\' - nu...'],
    ['ﬁets, œuvre, ĳs, straße', 'fiets, oeuvre, ijs, strasse'],
    ['10² is geen 102, 1½ geen 11/2', '10^2 is geen 102, 1 1/2 geen 11/2'],
    ['½ tablet, CO₂', '1/2 tablet, CO2'],
    ['niet ≠ wel, ≤ 3', 'niet <> wel, <= 3'],
    ['een\ttab en\u00a0vast', 'een tab en vast'],
    ['e\u0301e\u0308n x\u0301', 'een x'],
    ['zacht\u00adje', 'zachtje'],
  ])('%j becomes %j, and nothing is lost', (text, plain) => {
    const carried = carry(text, 'ASCII');
    expect(carried.text).toBe(plain);
    expect(carried.replaced.filter((one) => one.lost)).toEqual([]);
    expect(carried.replaced).not.toEqual([]);
  });

  test.each(['☂', '日', '≮', '⁵', '¨', '\u0007', '\ud800', '😀'])(
    '%j is lost, and said so with its place',
    (character) => {
      expect(carry(`ab${character}`, 'ASCII')).toEqual({
        text: 'ab?',
        replaced: [{ at: 2, character, written: '?', lost: true }],
      });
    },
  );

  test('a character that was lost before us is lost in every set', () => {
    for (const charset of charsets)
      expect(carry(unfit, charset)).toMatchObject({ text: '?', replaced: [{ lost: true }] });
  });

  test('every kind of line end is one', () => {
    expect(carry('a\r\nb\rc\nd\u2028e\u0085f', 'ASCII')).toEqual({ text: 'a\nb\nc\nd\ne\nf', replaced: [] });
  });

  test('letters with loose accents are put together where the set has them', () => {
    expect(carry('Zoe\u0308', '8859/1')).toEqual({ text: 'Zo\u00eb', replaced: [] });
  });

  test('what comes out fits; what is not the same stands in the list, and gives the text back', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(...charsets), (text, charset) => {
        const carried = carry(text, charset);
        expect([...carried.text].every((one) => one === '\n' || fits(one, charset))).toBe(true);
        let rest = text;
        let out = '';
        for (const { at, character, written } of carried.replaced) {
          expect(text.slice(at, at + character.length)).toBe(character);
          out += text.slice(text.length - rest.length, at).normalize('NFC') + written;
          rest = text.slice(at + character.length);
        }
        const lines = (one: string) => one.replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, '\n');
        expect(carried.text.normalize('NFC')).toBe(lines(out + rest.normalize('NFC')).normalize('NFC'));
      }),
      { numRuns: 500 },
    );
  });

  test('every letter of Latin-1 survives in Latin-1, and in ASCII is there or declared', () => {
    for (const one of latin) {
      expect(carry(one, '8859/1')).toEqual({ text: one, replaced: [] });
      const { text, replaced } = carry(one, 'ASCII');
      if (text === one) expect(replaced).toEqual([]);
      else expect(replaced).toMatchObject([{ at: 0, character: one, written: text }]);
      if (/\p{L}/u.test(one)) expect(text).toMatch(/^[\x20-\x3e\x40-\x7e]+$/);
    }
  });
});
