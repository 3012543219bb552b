import type { Attachment, Binary, DocumentReference } from '@medplum/fhirtypes';
import type { Letter, Loss } from '../../src/referral/referral.ts';
import { isEntry, isType, type Part, type Resolve } from './parts.ts';

const lettersMax = 10;
const mediaType = /^[a-z]+\/[\w.+-]+/i;

export interface Letters {
  readonly letters: readonly Letter[];
  /** Where each letter stands. */
  readonly paths: readonly string[];
  readonly losses: readonly Loss[];
  /** The resources that the letters were made of. */
  readonly used: readonly Part[];
}

interface Found {
  readonly letter?: Letter;
  readonly path: string;
  readonly used: readonly Part[];
}

function fromAttachment(attachment: Attachment, from: Part<DocumentReference>, path: string, resolve: Resolve): Found {
  const target = attachment.url ? resolve({ reference: attachment.url }, from) : undefined;
  const binary: Part<Binary> | undefined = isType('Binary')(target) ? target : undefined;
  const base64 = (attachment.data ?? binary?.resource.data)?.replaceAll(/\s/g, '');
  const contentType = mediaType.exec(attachment.contentType ?? binary?.resource.contentType ?? '')?.[0];
  const { type, description } = from.resource;
  const title = attachment.title ?? description ?? type?.text ?? type?.coding?.[0]?.display ?? 'Bijlage';
  // A letter that stays at its sender's address is not fetched: it is told as a loss.
  if (!base64 || !contentType) return { path, used: binary ? [binary] : [] };
  return {
    letter: { title: title.trim().slice(0, 200) || 'Bijlage', contentType, base64 },
    path,
    used: binary ? [binary] : [],
  };
}

/**
 * The letters of a message: each attachment of a DocumentReference in it that is not about somebody else, its bytes in
 * the attachment or in a Binary beside it.
 */
export function lettersOf(all: readonly Part[], resolve: Resolve, isTheirs: (one: Part) => boolean): Letters {
  const documents = all.filter(isType('DocumentReference')).filter((one) => isTheirs(one));
  const found = documents.flatMap((one) =>
    (one.resource.content ?? []).map((content, n) =>
      fromAttachment(content.attachment ?? {}, one, `${one.path}.content[${n}]`, resolve),
    ),
  );
  const pointed = found.flatMap((one) => one.used);
  const loose = all
    .filter(isType('Binary'))
    .filter((one) => isEntry(one) && !pointed.some((used) => used.resource === one.resource));
  const kept = found.flatMap(({ letter, path }) => (letter ? [{ letter, path }] : []));
  return {
    letters: kept.slice(0, lettersMax).map((one) => one.letter),
    paths: kept.slice(0, lettersMax).map((one) => one.path),
    losses: [
      ...found.filter((one) => !one.letter).map(({ path }): Loss => ({ path, why: 'kept-with-source' })),
      ...kept.slice(lettersMax).map(({ path }): Loss => ({ path, why: 'kept-with-source' })),
      ...loose.map(({ path }): Loss => ({ path, why: 'kept-with-source' })),
    ],
    used: [...documents, ...pointed, ...loose],
  };
}
