import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Framed, Frames, frame } from '../../src/hl7v2/frame.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const said = (framed: Framed) =>
  framed.kind === 'message'
    ? `message ${Buffer.from(framed.bytes).toString('latin1')}`
    : `${framed.kind} ${Buffer.from(framed.head).toString('latin1')}`;

/** What comes out when the bytes arrive in these pieces. */
function inPieces(pieces: readonly Buffer[], bytesMax = 1_000): string[] {
  const frames = new Frames(bytesMax);
  return pieces.flatMap((piece) => [...frames.push(piece)].map(said));
}

const split = (all: Buffer, at: readonly number[]): Buffer[] => {
  const cuts = [0, ...[...at].sort((a, b) => a - b), all.length];
  return cuts.slice(1).map((cut, n) => all.subarray(cuts[n], cut));
};

describe('MLLP frames', () => {
  const stream = bytes(
    '\x0bMSH|one\rPID|1\r\x1c\r\x0bbroken\x0bMSH|two\r\x1c\r\r\nrubbish\x0b\x1c\r\x0bMSH|three\r\x1c\x0bMSH|four\x1c\r',
  );
  const expected = [
    'message MSH|one\rPID|1\r',
    'truncated broken',
    'message MSH|two\r',
    'message ',
    'message MSH|three\r',
    'message MSH|four',
  ];

  test('the same messages come out on every split of the bytes in two', () => {
    for (let at = 0; at <= stream.length; at += 1) expect(inPieces(split(stream, [at]))).toEqual(expected);
  });

  test('and byte by byte', () => {
    expect(inPieces([...stream].map((byte) => Buffer.of(byte)))).toEqual(expected);
  });

  test('and on any other split', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
        expect(inPieces(split(stream, cuts))).toEqual(expected);
      }),
    );
  });

  test('whatever is framed comes out as it went in', () => {
    // The two bytes that frame cannot stand in a message of any character set that HL7 v2 takes.
    const content = fc
      .uint8Array({ maxLength: 60 })
      .map((all) => all.map((one) => (one === 0x0b || one === 0x1c ? 1 : one)));
    fc.assert(
      fc.property(fc.array(content, { maxLength: 5 }), fc.array(fc.nat(400), { maxLength: 8 }), (all, cuts) => {
        const wire = Buffer.concat(all.map((one) => frame(one)));
        const got = inPieces(
          split(
            wire,
            cuts.map((cut) => Math.min(cut, wire.length)),
          ),
        );
        expect(got).toEqual(all.map((one) => `message ${Buffer.from(one).toString('latin1')}`));
      }),
    );
  });

  test('one too large is reported once, skipped to its end, and the next one is whole', () => {
    const large = bytes(`\x0b${'x'.repeat(50)}\x1c\r\x0bgood\x1c\r`);
    for (let at = 0; at <= large.length; at += 1) {
      const got = inPieces(split(large, [at]), 20);
      expect(got).toHaveLength(2);
      expect(got[0]).toMatch(/^too-large x{20,}/);
      expect(got[1]).toBe('message good');
    }
  });

  test('a new message inside one too large is not lost with it', () => {
    expect(inPieces([bytes(`\x0b${'x'.repeat(50)}\x0bgood\x1c\r`)], 20)).toEqual([
      `too-large ${'x'.repeat(50)}`,
      'message good',
    ]);
  });

  test('of a large message that breaks off only the beginning is kept for the answer', () => {
    const [broken] = inPieces([bytes(`\x0b${'x'.repeat(5_000)}\x0b`)], 10_000);
    expect(broken).toBe(`truncated ${'x'.repeat(1_024)}`);
  });

  test('bytes that belong to no message are counted', () => {
    const frames = new Frames(100);
    expect([...frames.push(bytes('GET / HTTP/1.1\r\n\r\n'))]).toEqual([]);
    expect(frames.noiseBytes).toBe(18);
    expect(frames.open).toBe(false);
    expect([...frames.push(bytes('\x0bMSH'))]).toEqual([]);
    expect(frames.open).toBe(true);
    expect(frames.noiseBytes).toBe(0);
  });
});
