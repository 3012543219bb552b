// MLLP (HL7 2.5.1 implementation support guide, appendix C): VT, the message, FS, CR.
const VT = 0x0b;
const FS = 0x1c;
const CR = 0x0d;

/** What came out of the bytes: a whole message, or one that is broken, with as much of its beginning as says whose it was. */
export type Framed =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'truncated' | 'too-large'; readonly head: Uint8Array };

const headBytesMax = 1_024;

/**
 * Takes bytes as they come and gives what became whole. A VT inside a message begins a new one: the broken one is
 * reported, never joined with what follows. One too large is reported at once and skipped to its end. Linear in the
 * bytes; holds at most one message of `bytesMax`.
 */
export class Frames {
  readonly #bytesMax: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #state: 'between' | 'inside' | 'skipping' = 'between';
  #noise = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether a message has begun and not ended. */
  get open(): boolean {
    return this.#state !== 'between';
  }

  /** Bytes since the last message that belong to none: someone who speaks another protocol. */
  get noiseBytes(): number {
    return this.#noise;
  }

  *push(chunk: Uint8Array): Generator<Framed> {
    let at = 0;
    while (at < chunk.length) {
      const begin = chunk.indexOf(VT, at);
      if (this.#state === 'between') {
        const gap = (begin < 0 ? chunk.length : begin) - at;
        // The CR after FS, and line ends that some senders put between messages, are no noise worth counting.
        this.#noise = begin < 0 ? this.#noise + gap : 0;
        if (begin < 0) return;
        this.#start();
        at = begin + 1;
        continue;
      }
      const end = chunk.indexOf(FS, at);
      const stop = Math.min(begin < 0 ? chunk.length : begin, end < 0 ? chunk.length : end);
      if (this.#state === 'inside') {
        this.#parts.push(chunk.subarray(at, stop));
        this.#bytes += stop - at;
        if (this.#bytes > this.#bytesMax) {
          yield { kind: 'too-large', head: this.#head() };
          this.#parts = [];
          this.#state = 'skipping';
        }
      }
      if (stop === chunk.length) return;
      if (stop === begin) {
        if (this.#state === 'inside') yield { kind: 'truncated', head: this.#head() };
        this.#start();
      } else {
        if (this.#state === 'inside') yield { kind: 'message', bytes: Buffer.concat(this.#parts, this.#bytes) };
        this.#parts = [];
        this.#state = 'between';
      }
      at = stop + 1;
    }
  }

  #start(): void {
    this.#parts = [];
    this.#bytes = 0;
    this.#noise = 0;
    this.#state = 'inside';
  }

  #head(): Uint8Array {
    return Buffer.concat(this.#parts, Math.min(this.#bytes, headBytesMax));
  }
}

/** A message ready for the wire. */
export function frame(message: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(VT), message, Uint8Array.of(FS, CR)]);
}
