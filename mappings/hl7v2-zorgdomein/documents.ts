import { place } from '../../src/hl7v2/coded.ts';
import { unescapeText } from '../../src/hl7v2/escape.ts';
import { fieldOf, type Message, type Segment } from '../../src/hl7v2/message.ts';

/** A file in an OBX of type ED. */
export interface Document {
  readonly path: string;
  /** OBX-3.2: what the sender calls it. */
  readonly label: string;
  readonly contentType: string;
  /** Without line ends, padded. */
  readonly base64: string;
  readonly problem: '' | 'encoding' | 'base64' | 'not-pdf' | 'kind';
}

const isBase64 = (text: string) => /^base-?64$/i.test(text.trim());
/** What a Wally can open safely; the rest stays with the source. */
const kinds: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  plain: 'text/plain',
  txt: 'text/plain',
};
/** A PDF may have other bytes before it (ISO 32000-1 annex H, note 13): its mark stands in the first 1024. */
const markWithinChars = 1_400;

function plainBase64(data: string, message: Message): string {
  const bare = unescapeText(data, message.delimiters, message.charset).replaceAll(/\s/g, '');
  const usual = /[-_]/.test(bare) ? bare.replaceAll('-', '+').replaceAll('_', '/') : bare;
  return usual.length % 4 > 1 ? usual.padEnd(Math.ceil(usual.length / 4) * 4, '=') : usual;
}

/**
 * OBX-5 as a file; undefined when there is none in it. Read from the mark Base64 on, whichever way its parts are cut:
 * `^application^pdf^Base64^…`, the same with `&`, or with a component too few in front. No expression runs over the
 * data that could go back: files are as large as the door allows.
 */
export function documentOf(message: Message, obx: Segment): Document | undefined {
  const { component, subcomponent } = message.delimiters;
  // Not by repetition: ZorgDomein repeats with `_`, which the Base64 of web addresses has too.
  const raw = obx.fields[5] ?? '';
  const parts = raw.split(component).flatMap((one) => (subcomponent === '' ? [one] : one.split(subcomponent)));
  const mark = parts.findIndex(isBase64);
  const data = mark < 0 ? raw : parts.slice(mark + 1).join('');
  if (data === '' || data === '""') return undefined;
  const named = (parts[mark - 1] ?? '').trim().toLowerCase().split('/').at(-1) ?? '';
  const base64 = mark < 0 ? '' : plainBase64(data, message);
  const isReadable = base64.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(base64);
  const isPdf = isReadable && Buffer.from(base64.slice(0, markWithinChars), 'base64').includes('%PDF-');
  const contentType = isPdf ? 'application/pdf' : (kinds[named] ?? '');
  const problem = () => {
    if (mark < 0) return 'encoding';
    if (!isReadable) return 'base64';
    if (contentType === 'application/pdf') return isPdf ? '' : 'not-pdf';
    return contentType === '' ? 'kind' : '';
  };
  const label = fieldOf(message, obx, 3, 2) || fieldOf(message, obx, 3);
  return { path: place(obx, 5), label, contentType, base64, problem: problem() };
}
