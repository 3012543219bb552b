import type { Loss } from '../../src/referral/referral.ts';
import { type Json, listOf, objectOf, textOf } from './json.ts';
import type { Part, Resolve } from './resolve.ts';

/** A letter that came along, as it stands in the message: base64 without the line breaks that STU3 allows in it. */
export interface LetterPart {
  readonly path: string;
  readonly title?: string;
  readonly contentType?: unknown;
  readonly base64?: unknown;
}

const base64Of = (data: unknown) => (typeof data === 'string' ? data.replaceAll(/\s/g, '') : data);

/** STU3 writes the bytes of a Binary in `content`, R4 in `data`. */
const binaryOf = ({ resource }: Part) => ({
  contentType: resource.contentType,
  base64: base64Of(resource.content ?? resource.data),
});

function attachmentsOf(part: Part, resolve: Resolve, used: Set<Part>): LetterPart[] {
  const { resource, path } = part;
  const words = textOf(resource.description) ?? textOf(objectOf(resource.type)?.text);
  return listOf(resource.content).map((one, n): LetterPart => {
    const attachment: Json = objectOf(one.attachment) ?? {};
    const binary = resolve({ reference: attachment.url }, part);
    if (binary) used.add(binary);
    const title = textOf(attachment.title) ?? words;
    const found = binary?.resource.resourceType === 'Binary' ? binaryOf(binary) : undefined;
    return {
      path: `${path}.content[${n}].attachment`,
      ...(title && { title }),
      contentType: attachment.contentType ?? found?.contentType,
      base64: base64Of(attachment.data) ?? found?.base64,
    };
  });
}

/** Every DocumentReference with its bytes, and each Binary that none of them names. */
export function letterParts(all: readonly Part[], resolve: Resolve): LetterPart[] {
  const used = new Set<Part>();
  const documents = all
    .filter((one) => one.resource.resourceType === 'DocumentReference')
    .flatMap((one) => attachmentsOf(one, resolve, used));
  const loose = all
    .filter((one) => one.resource.resourceType === 'Binary' && !used.has(one))
    .map((one): LetterPart => ({ path: one.path, ...binaryOf(one) }));
  return [...documents, ...loose];
}

const lettersMax = 10;

interface CheckedLetter {
  readonly path: string;
  readonly title?: string | undefined;
  readonly contentType?: string | undefined;
  readonly base64?: string | undefined;
}

/** Letters as ours; one without bytes or without a kind stays with the source, and so does what comes after the tenth. */
export function lettersOf(parts: readonly CheckedLetter[]) {
  const letters: { title: string; contentType: string; base64: string; path: string }[] = [];
  const losses: Loss[] = [];
  for (const { path, title, contentType, base64 } of parts) {
    if (!contentType || !base64 || letters.length >= lettersMax) losses.push({ path, why: 'kept-with-source' });
    else letters.push({ title: title ?? `Bijlage ${letters.length + 1}`, contentType, base64, path });
  }
  return { letters, losses };
}
