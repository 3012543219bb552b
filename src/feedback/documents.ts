import type {
  Attachment,
  Binary,
  Bundle,
  Communication,
  Composition,
  DocumentReference,
  Identifier,
  Patient,
  PractitionerRole,
  Reference,
} from '@medplum/fhirtypes';
import { derivedId } from '../fhir/derived-id.ts';
import { codeSystems, identifiers } from '../fhir/systems.ts';
import type { FhirForm } from '../referral/directory/channels.ts';
import { readLetter } from './letter.ts';

/** Correspondence of a care provider; LOINC has no code for a social worker's letter (Zorgviewer uses this one too). */
const letterType = {
  coding: [{ system: codeSystems.loinc, code: '56444-3', display: 'Healthcare communication Document' }],
  text: 'Brief van de Wally',
};
const title = 'Terugkoppeling verwijzing Wally';
const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64');

const contained = <T extends Patient | PractitionerRole>(document: Communication, type: T['resourceType']) =>
  document.contained?.find((one) => one.resourceType === type) as T | undefined;
const messageOf = (document: Communication): Identifier | undefined =>
  document.identifier?.find((one) => one.system === identifiers.message);
/** The whole letter: the last text, whatever files stand behind it. */
const letterOf = (document: Communication): string =>
  document.payload?.findLast((one) => one.contentString !== undefined)?.contentString ?? '';

const pdfAttachment = (document: Communication, pdf: Uint8Array): Attachment => ({
  contentType: 'application/pdf',
  language: 'nl-NL',
  title: `${title}.pdf`,
  data: base64(pdf),
  ...(document.sent && { creation: document.sent }),
});

/** The message itself, the PDF behind its texts: a reader that knows no files finds the text where it was. */
function asCommunication(document: Communication, pdf: Uint8Array | undefined): Communication {
  return pdf
    ? { ...document, payload: [...(document.payload ?? []), { contentAttachment: pdfAttachment(document, pdf) }] }
    : document;
}

/** A letter in the list of documents of a record, text and PDF inline: nothing to fetch from us. */
function asDocumentReference(document: Communication, pdf: Uint8Array | undefined): DocumentReference {
  const message = messageOf(document);
  const patient = contained<Patient>(document, 'Patient');
  const own = patient?.identifier?.[0];
  const related: Reference[] = (document.basedOn ?? []).map((one) => ({ ...one }));
  const episodes = (document.about ?? []).filter((one) => one.type === 'EpisodeOfCare');
  const text: Attachment = {
    contentType: 'text/plain; charset=utf-8',
    language: 'nl-NL',
    title,
    data: base64(letterOf(document)),
    ...(document.sent && { creation: document.sent }),
  };
  return {
    resourceType: 'DocumentReference',
    ...(document.contained && { contained: document.contained }),
    ...(message && { masterIdentifier: message, identifier: [message] }),
    status: 'current',
    docStatus: 'final',
    type: letterType,
    ...(document.category && { category: document.category }),
    subject: { reference: '#patient', type: 'Patient', ...(own && { identifier: own }) },
    ...(document.sent && { date: document.sent }),
    author: [{ reference: '#sender', ...(document.sender?.display && { display: document.sender.display }) }],
    description: title,
    content: [{ attachment: text }, ...(pdf ? [{ attachment: pdfAttachment(document, pdf) }] : [])],
    context: {
      ...(episodes.length > 0 && { encounter: episodes as NonNullable<DocumentReference['context']>['encounter'] }),
      ...(related.length > 0 && { related }),
    },
  } as DocumentReference;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const paragraph = (lines: readonly string[]) =>
  `<p>${lines.map((line) => line.replaceAll(/[&<>"]/g, (one) => escapes[one] ?? one)).join('<br/>')}</p>`;

/** A document Bundle (FHIR R4 documents.html): Composition first, then what it names. Nothing in it leads out of it. */
function asDocument(document: Communication, pdf: Uint8Array | undefined): Bundle {
  const message = messageOf(document);
  const messageId = message?.value?.replace(/^urn:uuid:/, '') ?? document.id ?? '';
  const urn = (name: string) => `urn:uuid:${derivedId(messageId, name)}`;
  const sent = document.sent ?? '';
  const parts = readLetter(letterOf(document));
  const div = parts.map((part) => paragraph(part.lines)).join('');
  const composition: Composition = {
    resourceType: 'Composition',
    ...(message && { identifier: message }),
    status: 'final',
    type: letterType,
    ...(document.category && { category: document.category }),
    subject: { reference: urn('patient') },
    date: sent,
    author: [{ reference: urn('sender'), ...(document.sender?.display && { display: document.sender.display }) }],
    title,
    ...(document.basedOn && {
      event: [{ detail: document.basedOn as NonNullable<Composition['event']>[number]['detail'] & object }],
    }),
    section: [
      {
        title,
        text: { status: 'additional', div: `<div xmlns="http://www.w3.org/1999/xhtml">${div}</div>` },
        ...(pdf && { entry: [{ reference: urn('pdf'), display: `${title}.pdf` }] }),
      },
    ],
  };
  const binary: Binary | undefined = pdf && {
    resourceType: 'Binary',
    contentType: 'application/pdf',
    data: base64(pdf),
  };
  const named = (name: string, resource: Patient | PractitionerRole | Binary | undefined) => {
    if (!resource) return [];
    // What was contained gets an address of its own here.
    const { id: _id, ...rest } = resource;
    return [{ fullUrl: urn(name), resource: rest as typeof resource }];
  };
  return {
    resourceType: 'Bundle',
    ...(message && { identifier: message }),
    type: 'document',
    timestamp: sent,
    entry: [
      { fullUrl: urn('composition'), resource: composition },
      ...named('patient', contained<Patient>(document, 'Patient')),
      ...named('sender', contained<PractitionerRole>(document, 'PractitionerRole')),
      ...named('pdf', binary),
    ],
  };
}

/**
 * Feedback in the form in which a FHIR system files it, from the Communication and nothing else: no second wording. The
 * same Communication and PDF give the same resource, so a resend is a resend.
 */
export function inForm(
  document: Communication,
  form: FhirForm,
  pdf?: Uint8Array,
): Communication | DocumentReference | Bundle {
  if (form === 'DocumentReference') return asDocumentReference(document, pdf);
  return form === 'Composition' ? asDocument(document, pdf) : asCommunication(document, pdf);
}
