import type { Binary, DocumentReference } from '@medplum/fhirtypes';
import { codeSystems } from '../fhir/systems.ts';
import type { Letter } from './referral.ts';

export interface Enclosing {
  readonly patient: string;
  readonly practice: string;
  readonly now: string;
  readonly newId: () => string;
}

/** A letter of the practice as it is kept: what it is, and its bytes. */
export interface KeptLetter {
  readonly reference: DocumentReference & { id: string };
  readonly bytes: Binary & { id: string };
}

/** Letters that came along as DocumentReference with Binary: bytes stand once, and apart from what is read on every page. */
export function keepLetters(letters: readonly Letter[], { patient, practice, now, newId }: Enclosing): KeptLetter[] {
  return letters.map(({ title, contentType, base64 }) => {
    const bytes: Binary & { id: string } = { resourceType: 'Binary', id: newId(), contentType, data: base64 };
    return {
      bytes,
      reference: {
        resourceType: 'DocumentReference',
        id: newId(),
        status: 'current',
        type: { coding: [{ system: codeSystems.loinc, code: '57133-1' }], text: 'Verwijsbrief' },
        subject: { reference: `Patient/${patient}` },
        date: now,
        author: [{ reference: `Organization/${practice}` }],
        content: [{ attachment: { contentType, title, url: `Binary/${bytes.id}` } }],
      },
    };
  });
}
