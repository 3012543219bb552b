import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  normaliseBsn,
  normalisePhone,
  normalisePostcode,
  validAgb,
  validBsn,
  validPhone,
  validPostcode,
} from '../../src/fhir/identifiers.ts';
import { cleanText, isEarlier, safeNarrative } from '../../src/fhir/narrative.ts';

describe('BSN', () => {
  it.each(['999990019', '123456782', '111222333', ' 111222333 ', '1234.56.782', '1112 22 333'])('takes %s', (text) => {
    expect(validBsn(text)).toBe(true);
    expect(normaliseBsn(text)).toMatch(/^\d{9}$/);
  });

  it.each([
    '',
    '000000000',
    '00000000',
    '123456789',
    '1234567',
    '1234567820',
    '12345678a',
    '１２３４５６７８２',
    '1--11222333',
  ])('refuses %s', (text) => {
    expect(validBsn(text)).toBe(false);
  });

  it('gives eight digits their zero back', () => {
    expect(normaliseBsn('10000008')).toBe('010000008');
    expect(validBsn('10000008')).toBe(validBsn('010000008'));
    expect(normaliseBsn('geen')).toBe('geen');
  });

  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 9, maxLength: 9 });

  it('no digit of a valid BSN can change alone, and no two unlike neighbours can change places', () => {
    const holds = (bsn: number[], place: number, other: number) => {
      fc.pre(validBsn(bsn.join('')) && bsn[place] !== other);
      const swapped = [...bsn];
      swapped.splice(place, 2, ...bsn.slice(place, place + 2).reverse());
      const isSame = swapped.join('') === bsn.join('');
      // The last digit weighs -1 and its neighbour 2: a swap there is seen too.
      return !validBsn(bsn.with(place, other).join('')) && (isSame || !validBsn(swapped.join('')));
    };
    const valid = digits.map((nine) => {
      const sum = [9, 8, 7, 6, 5, 4, 3, 2].reduce((total, weight, i) => total + weight * (nine[i] ?? 0), 0);
      return [...nine.slice(0, 8), sum % 11];
    });
    fc.assert(fc.property(valid, fc.nat({ max: 8 }), fc.nat({ max: 9 }), holds), { numRuns: 2_000 });
  });

  it('about one number in eleven is valid, and normalising twice is normalising once', () => {
    const numbers = fc.sample(digits, { numRuns: 5_000, seed: 1 }).map((nine) => nine.join(''));
    const share = numbers.filter(validBsn).length / numbers.length;
    expect(share).toBeGreaterThan(0.07);
    expect(share).toBeLessThan(0.11);
    fc.assert(fc.property(fc.string(), (text) => normaliseBsn(normaliseBsn(text)) === normaliseBsn(text)));
  });
});

describe('AGB, telephone, postcode', () => {
  it.each([
    ['01234567', true],
    ['00000000', false],
    ['0123456', false],
    ['012345678', false],
    ['0123456a', false],
  ])('AGB %s: %s', (text, expected) => {
    expect(validAgb(text)).toBe(expected);
  });

  it.each([
    ['0612345678', '0612345678'],
    ['+31 6 12345678', '0612345678'],
    ['+31 (0)6-12 34 56 78', '0612345678'],
    ['0031612345678', '0612345678'],
    ['(030) 123 45 67', '0301234567'],
    ['112', '112'],
    ['0800-0113', '08000113'],
    ['0900 1234567', '09001234567'],
    ['14 030', '14030'],
  ])('telephone %s is dialled as %s', (text, expected) => {
    expect(normalisePhone(text)).toBe(expected);
  });

  it.each(['', '06', '061234567', '06123456789', '+32 2 123 45 67', '0012345678', 'bel me', '0612345678x', '911'])(
    'no Dutch telephone: %s',
    (text) => {
      expect(validPhone(text)).toBe(false);
    },
  );

  it.each([
    ['1234AB', '1234AB'],
    ['1234 ab', '1234AB'],
    [' 9999ZZ ', '9999ZZ'],
    ['0123AB', undefined],
    ['1234SS', undefined],
    ['1234SA', undefined],
    ['1234A', undefined],
    ['1234  AB', undefined],
    ['1234AB1', undefined],
  ])('postcode %s is %s', (text, expected) => {
    expect(normalisePostcode(text)).toBe(expected);
    expect(validPostcode(text)).toBe(expected !== undefined);
  });

  it('never throws, and what is normalised stays as it is', () => {
    const again = (normalise: (text: string) => string | undefined) => (text: string) => {
      const once = normalise(text);
      return once === undefined || normalise(once) === once;
    };
    const near = fc.stringMatching(/^[0-9+() .-]{0,16}[A-Z]{0,2}$/);
    fc.assert(fc.property(near, again(normalisePhone)), { numRuns: 1_000 });
    fc.assert(fc.property(near, again(normalisePostcode)), { numRuns: 1_000 });
  });
});

describe('narratives', () => {
  it.each([
    '<script>x</script>',
    '<iframe src="#"></iframe>',
    '<b onclick="x()">x</b>',
    '<b ONCLICK="x()">x</b>',
    '<img src="https://example.org/x.png"/>',
    '<a href="https://example.org">x</a>',
    '<a href="//example.org">x</a>',
    '<a href="/logout">x</a>',
    '<a href="javascript:x()">x</a>',
    '<a href=\'javascript:"x"\'>x</a>',
    '<a href="&#106;avascript:x()">x</a>',
    '<b style="background:url(x)">x</b>',
    '<b style="background:u&#114;l(x)">x</b>',
    '<scr<!-- -->ipt>x</script>',
    '<scr<b>ipt>x</script>',
    '<x:script xmlns:x="http://www.w3.org/1999/xhtml">x</x:script>',
    '<svg><b>x</b></svg>',
    '<!DOCTYPE x>',
    '<![CDATA[<b>]]>',
    '<b title="x" <b>',
    '<b title=x>x</b>',
    '<form action="#">x</form>',
    '<!-- <script> -->',
    '<',
  ])('refuses %s', (markup) => {
    expect(safeNarrative(`<div>${markup}</div>`)).toBe(false);
  });

  it.each([
    'x &lt;script&gt; y',
    `<table class='a'><caption>x<br/></caption><tbody><tr><td colspan="2">x</td></tr></tbody></table>`,
    '<!-- x --><span title="a &lt; b" xml:lang="nl">x</span><hr />',
    '<a href="mailto:x@example.org">x</a> <a href="tel:+31612345678">x</a> <a href="#y">x</a> <a href="Patient/1">x</a>',
    '<p style="color: #000; margin: 1px">x</p><img src="data:image/png;base64,AAAA" alt="x"/>',
  ])('allows %s', (markup) => {
    expect(safeNarrative(`<div xmlns="http://www.w3.org/1999/xhtml">${markup}</div>`)).toBe(true);
  });
});

describe('moments and texts', () => {
  it.each([
    ['2026-03-14T09:30:00Z', '2026-03-14T10:00:00+01:00', false],
    ['2026-03-14T08:59:59Z', '2026-03-14T10:00:00+01:00', true],
    ['2026-03-14', '2026-03-14T10:00:00+01:00', false],
    ['2026-03-13', '2026-03-14T10:00:00+01:00', true],
    ['2026', '2026-03', false],
    ['2025', '2026-03', true],
    ['2026-03', '2026-03', false],
    ['gisteren morgen', '2026-03-14T10:00:00Z', false],
    [undefined, '2026', false],
    ['2026', 5, false],
  ])('%s is before %s: %s', (one, other, expected) => {
    expect(isEarlier(one, other)).toBe(expected);
  });

  it('of two moments at most one is the earlier', () => {
    const zone = fc.constantFrom('', 'Z', '+01:00');
    const moment = fc
      .tuple(fc.date({ noInvalidDate: true }), zone, fc.constantFrom(4, 7, 10, 19))
      .map(([date, at, length]) =>
        length === 19 ? date.toISOString().slice(0, 19) + at : date.toISOString().slice(0, length),
      );
    fc.assert(fc.property(moment, moment, (one, other) => !(isEarlier(one, other) && isEarlier(other, one))));
  });

  it('knows control characters and half surrogates', () => {
    expect(cleanText('Zoë\t😀\r\n')).toBe(true);
    expect(['a\u0000', '\u001b[1m', '\ud83d'].map(cleanText)).toEqual([false, false, false]);
  });
});
