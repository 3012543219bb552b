import type { Bundle, DocumentReference, OperationOutcome, Resource } from '@medplum/fhirtypes';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fhirConnector } from '../../src/connectors/fhir.ts';
import { openOutbound } from '../../src/connectors/outbound.ts';
import type { Parcel } from '../../src/delivery/connector.ts';
import { Failure } from '../../src/delivery/failure.ts';
import { readLetterFonts } from '../../src/delivery/letter-fonts.ts';
import { inForm } from '../../src/feedback/documents.ts';
import { letterPdf } from '../../src/feedback/pdf/letter.ts';
import { identifiers } from '../../src/fhir/systems.ts';
import { loadDefinitions, validateBaseR4 } from '../../src/fhir/validate.ts';
import type { FhirForm } from '../../src/referral/directory/channels.ts';
import { feedbackLetter, messageId } from '../doubles/feedback.ts';
import { json, openOtherServer } from '../doubles/web.ts';

const words = 'Mevrouw eet elke woensdag mee: "fijn" & <goed>.\n\nWat u hoeft te doen: niets.';
const own = { system: identifiers.message, value: `urn:uuid:${messageId}` };
const forms: readonly FhirForm[] = ['Communication', 'DocumentReference', 'Composition'];
const typeOf: Record<FhirForm, string> = {
  Communication: 'Communication',
  DocumentReference: 'DocumentReference',
  Composition: 'Bundle',
};
const { bytes: pdf } = letterPdf(feedbackLetter(words), await readLetterFonts());

/**
 * A system that files one form and knows a document by our identifier. `stored` is what it has; `answer` what it says to
 * a create, after storing unless it says no.
 */
async function openFiling(
  how: { status?: number; body?: unknown; keeps?: boolean; as?: (one: Resource) => Resource } = {},
) {
  const stored: Resource[] = [];
  const server = await openOtherServer((asked, response) => {
    if (asked.method === 'GET') {
      const found: Bundle = {
        resourceType: 'Bundle',
        type: 'searchset',
        entry: stored.map((resource) => ({ resource: how.as?.(resource) ?? resource })),
      };
      return json(response, 200, found);
    }
    if (how.keeps !== false) stored.push({ ...(JSON.parse(asked.body) as Resource), id: String(stored.length + 1) });
    json(response, how.status ?? 201, how.body ?? stored.at(-1) ?? {});
  });
  onTestFinished(server.close);
  const connector = fhirConnector(openOutbound(new Set([server.host])), () => new Date('2026-11-23T09:00:00Z'));
  const send = (form: FhirForm, change: Partial<Parcel> = {}) =>
    connector
      .send(
        {
          messageId,
          kind: 'feedback',
          ambiguous: false,
          document: inForm(feedbackLetter(words), form, pdf),
          address: `${server.url}/fhir`,
          ...change,
        },
        AbortSignal.timeout(10_000),
      )
      .then(
        (receipt): string => receipt.proof,
        (error: unknown) => (error instanceof Failure ? `${error.kind} ${error.code}` : String(error)),
      );
  return { send, stored, asked: server.asked };
}

describe.each(forms)('a letter as %s', (form) => {
  test('is created once, on the condition of our own number, and looked up by it', async () => {
    const his = await openFiling();
    await his.send(form);
    expect(his.asked.map((one) => [one.method, one.path])).toEqual([
      ['POST', `/fhir/${typeOf[form]}`],
      ['GET', `/fhir/${typeOf[form]}?identifier=${encodeURIComponent(`${own.system}|${own.value}`)}`],
    ]);
    expect(his.asked[0]?.headers['if-none-exist']).toBe(`identifier=${own.system}|${own.value}`);
  });

  test('in doubt: asked first, and not sent when it is there', async () => {
    const his = await openFiling();
    await his.send(form);
    await his.send(form, { ambiguous: true });
    expect(his.asked.filter((one) => one.method === 'POST')).toHaveLength(1);
    expect(his.stored).toHaveLength(1);
  });

  test('is base R4', () => {
    loadDefinitions();
    expect(validateBaseR4(inForm(feedbackLetter(words), form, pdf))).toEqual([]);
  });

  test('says the same each time, with text and PDF in it and nothing that leads out of it', () => {
    const [one, other] = [inForm(feedbackLetter(words), form, pdf), inForm(feedbackLetter(words), form, pdf)];
    expect(one).toEqual(other);
    const text = JSON.stringify(one);
    expect(text).toContain(Buffer.from(pdf).toString('base64'));
    expect(text).not.toContain('"url":"http');
    expect(text).toContain('10311');
  });

  test('409 duplicate is delivered; another no is a no', async () => {
    const outcome = (code: 'duplicate' | 'conflict'): OperationOutcome => ({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code }],
    });
    const there = await openFiling({ status: 409, body: outcome('duplicate'), keeps: false });
    expect(await there.send(form)).toBe('application');
    const clash = await openFiling({ status: 409, body: outcome('conflict'), keeps: false });
    expect(await clash.send(form)).toBe('permanent rejected');
  });
});

describe('what proves that a letter is in the record', () => {
  test('a document reference that stands there; not one that is preliminary or wrong', async () => {
    expect(await (await openFiling()).send('DocumentReference')).toBe('record');
    const change = (part: Partial<DocumentReference>) => ({
      as: (one: Resource) => ({ ...(one as DocumentReference), ...part }),
    });
    expect(await (await openFiling(change({ docStatus: 'preliminary' }))).send('DocumentReference')).toBe(
      'application',
    );
    expect(await (await openFiling(change({ status: 'entered-in-error' }))).send('DocumentReference')).toBe(
      'application',
    );
  });

  test('a document that is kept is not filed yet', async () => {
    expect(await (await openFiling()).send('Composition')).toBe('application');
  });

  test('somebody else’s document is no proof', async () => {
    const his = await openFiling({
      as: (one) => ({
        ...(one as DocumentReference),
        identifier: [{ ...own, value: 'other' }],
        masterIdentifier: { ...own, value: 'other' },
      }),
    });
    expect(await his.send('DocumentReference')).toBe('application');
  });
});

describe('what stands in it', () => {
  test('DocumentReference: text and PDF inline, our number, theirs, the episode, who wrote it', () => {
    const one = inForm(feedbackLetter(words), 'DocumentReference', pdf) as DocumentReference;
    expect(one.content.map(({ attachment }) => [attachment.contentType, attachment.language])).toEqual([
      ['text/plain; charset=utf-8', 'nl-NL'],
      ['application/pdf', 'nl-NL'],
    ]);
    expect(Buffer.from(one.content[0]?.attachment.data ?? '', 'base64').toString()).toBe(words);
    expect(one).toMatchObject({
      masterIdentifier: own,
      subject: { reference: '#patient', identifier: { value: '10311' } },
      author: [{ display: 'Sanne Verhoeven' }],
      context: {
        related: [{ identifier: { value: '2026-000123' } }, { identifier: { value: 'KL-ABCDE-FGHJK' } }],
        encounter: [{ identifier: { value: 'e3' } }],
      },
    });
  });

  test('document Bundle: Composition first, every reference leads to an entry, text is escaped', () => {
    const one = inForm(feedbackLetter(words), 'Composition', pdf) as Bundle;
    expect(one.entry?.map(({ resource }) => resource?.resourceType)).toEqual([
      'Composition',
      'Patient',
      'PractitionerRole',
      'Binary',
    ]);
    const urls = new Set(one.entry?.map((entry) => entry.fullUrl));
    expect(urls.size).toBe(4);
    const named = [...JSON.stringify(one).matchAll(/"reference":"(urn:[^"]+)"/g)].map((found) => found[1]);
    expect(named.filter((url) => !urls.has(url))).toEqual([]);
    expect(JSON.stringify(one)).toContain('&amp; &lt;goed&gt;');
  });

  test('Communication: the PDF behind the texts, which stay where a reader looks for them', () => {
    const plain = feedbackLetter(words);
    const one = inForm(plain, 'Communication', pdf);
    expect(one).toMatchObject({ payload: [plain.payload?.[0], plain.payload?.[1], { contentAttachment: {} }] });
    expect(inForm(plain, 'Communication')).toEqual(plain);
  });
});
