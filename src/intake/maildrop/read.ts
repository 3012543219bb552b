import { messageApart } from '../../edifact/apart.ts';
import type { Charset } from '../../edifact/charset.ts';
import {
  type Envelope,
  type Interchange,
  interchangeBytesMax,
  readInterchange,
  type Unreadable,
} from '../../edifact/interchange.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { type EdiSender, findSender } from '../../referral/directory/edi.ts';
import { issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';

/** One message in an interchange of its own, and the bytes of it. */
export interface Single {
  readonly interchange: Interchange;
  readonly bytes: Uint8Array;
}

/** Of a stranger nothing is known but that it is one; of a known sender its messages, or why they cannot be read. */
export type Read =
  | { readonly from: 'stranger' }
  | {
      readonly from: EdiSender;
      readonly envelope: Envelope;
      readonly messages: readonly Single[];
      readonly refusal?: Refusal;
    };

const others: readonly Charset[] = ['8859/1', 'WINDOWS-1252', 'CP850'];

const whys: Partial<Record<Unreadable['unreadable'], Said>> = {
  charset: {
    nl: 'De tekens passen niet bij de tekenset in UNB-1. Wij raden niet hoe een naam heet.',
    en: 'The characters do not fit the character set in UNB-1. We do not guess how a name is spelled.',
  },
  truncated: {
    nl: 'Het bericht brak af voordat het compleet was.',
    en: 'The message broke off before it was complete.',
  },
  'line-break': {
    nl: 'Er staat een regeleinde in een segment. Waarschijnlijk is een aanhalingsteken niet goed geschreven.',
    en: 'There is a line end inside a segment. Probably a quotation mark was not written well.',
  },
  'segment-count': {
    nl: 'Het aantal segmenten in UNT klopt niet: er kan iets weg zijn.',
    en: 'The number of segments in UNT is wrong: something may be missing.',
  },
  'message-count': {
    nl: 'Het aantal berichten in UNZ klopt niet: er kan iets weg zijn.',
    en: 'The number of messages in UNZ is wrong: something may be missing.',
  },
  'control-reference': {
    nl: 'De referentie aan het eind is niet die van het begin (UNB en UNZ, UNH en UNT).',
    en: 'The reference at the end is not that of the beginning (UNB and UNZ, UNH and UNT).',
  },
};

const otherwise: Said = {
  nl: 'Wij kunnen dit bericht niet lezen: het is geen geldig EDIFACT.',
  en: 'We cannot read this message: it is not valid EDIFACT.',
};

function unreadable(found: Unreadable): Refusal {
  const place = found.segment > 0 ? [found.tag, `segment ${found.segment}`].filter(Boolean).join(', ') : found.tag;
  return refuse(issue('structure', 'not-parseable', place, whys[found.unreadable] ?? otherwise));
}

/**
 * The bytes of a file as messages of a practice that we know by its mailbox, sent to one of our own. What cannot be read
 * as an interchange at all is a stranger's: nobody is named in it. Pure.
 */
export function readDropped(bytes: Uint8Array, directory: Directory, ours: readonly string[]): Read {
  const isTooLarge = bytes.length > interchangeBytesMax;
  const first = readInterchange(bytes.subarray(0, interchangeBytesMax));
  const { envelope } = first;
  const mailbox = envelope && findSender(directory.practices.values(), envelope.sender);
  if (!mailbox || !ours.includes(envelope.receiver)) return { from: 'stranger' };
  const known = { from: mailbox, envelope };
  if (isTooLarge) return { ...known, messages: [], refusal: refuse(refusals.tooLong('')) };
  const agreed = others.find((one) => one === mailbox.charset);
  const read = agreed ? readInterchange(bytes, agreed) : first;
  if ('unreadable' in read) return { ...known, messages: [], refusal: unreadable(read) };
  return {
    ...known,
    messages: read.messages.map((message, n) => ({
      interchange: { ...read, messages: [message] },
      bytes: messageApart(bytes, read, n),
    })),
  };
}
