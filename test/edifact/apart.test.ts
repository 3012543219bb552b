import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageApart } from '../../src/edifact/apart.ts';
import { type Interchange, readInterchange } from '../../src/edifact/interchange.ts';

function good(bytes: Uint8Array): Interchange {
  const found = readInterchange(bytes);
  if ('unreadable' in found) throw new Error(`${found.unreadable} at ${found.segment} ${found.tag}`);
  return found;
}

const text = fc.string({ unit: fc.constantFrom(..."abé ?:+'|~;"), maxLength: 12 });
const service = fc.constantFrom<readonly [string, string]>(["UNA:+.? '", ":+?'"], ['UNA|;.~ !', '|;~!'], ['', ":+?'"]);

/** An interchange of messages, each a list of lines; written by hand here, so that the writer proves nothing about itself. */
function write(messages: readonly (readonly string[])[], [una, marks]: readonly [string, string], end: string): Buffer {
  const [component = '', element = '', release = '', terminator = ''] = marks;
  const out = (value: string) => [...value].map((one) => (marks.includes(one) ? release + one : one)).join('');
  const segment = (...parts: readonly string[]) => `${parts.join(element)}${terminator}${end}`;
  const reference = "R'1";
  return Buffer.from(
    [
      una === '' ? '' : una + end,
      segment('UNB', `UNOC${component}1`, '1', '2', `261123${component}0900`, out(reference)),
      ...messages.flatMap((lines, n) => [
        segment('UNH', `${n}`, `MEDVRI${component}1`),
        ...lines.map((line) => segment('TXT', out(line))),
        segment('UNT', `${lines.length + 2}`, `${n}`),
      ]),
      segment('UNZ', `${messages.length}`, out(reference)),
    ].join(''),
    'latin1',
  );
}

describe('one message of many', () => {
  test('stands alone, whole, and with nothing of the others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(text, { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
        service,
        fc.constantFrom('', '\r\n', '\n'),
        (messages, marks, end) => {
          const bytes = write(messages, marks, end);
          const whole = good(bytes);
          for (const [n, message] of whole.messages.entries()) {
            const apart = good(messageApart(bytes, whole, n));
            const bare = (one: Interchange['messages'][number] | undefined) =>
              one && { ...one, segments: one.segments.map(({ number, ...rest }) => rest) };
            expect(apart.messages.map(bare)).toEqual([bare(message)]);
            expect(apart.envelope).toEqual(whole.envelope);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('the only one stays as it came, byte for byte', () => {
    const bytes = write([['a']], ["UNA:+.? '", ":+?'"], '\r\n');
    expect(messageApart(bytes, good(bytes), 0)).toBe(bytes);
  });
});
