import type { Endpoint, Extension, Organization } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { channelAfter, channelAt, destinationOf } from '../../src/referral/directory/channels.ts';
import { readDirectory } from '../../src/referral/directory/directory.ts';

type Change = Partial<Endpoint> & { code?: string };
const endpoint = (id: string, { code = 'hl7-fhir-rest', ...change }: Change = {}): Endpoint => ({
  resourceType: 'Endpoint',
  id,
  status: 'active',
  connectionType: { system: codeSystems.connectionType, code },
  payloadType: [{ text: 'x' }],
  address: `https://${id}.example/fhir`,
  ...change,
});
function practiceWith(...endpoints: Endpoint[]) {
  const organization: Organization = {
    resourceType: 'Organization',
    id: 'p',
    type: [{ coding: [{ system: codeSystems.organizationType, code: 'Z3' }] }],
    endpoint: endpoints.map((one) => ({ reference: `Endpoint/${one.id}` })),
  };
  const found = readDirectory([organization, ...endpoints], 1).practices.get('p');
  if (!found) throw new Error('no practice');
  return found;
}
const mailbox = (values: Record<string, string | boolean>): Extension[] => [
  {
    url: extensions.medvriMailbox,
    extension: Object.entries(values).map(([url, value]) =>
      typeof value === 'string' ? { url, valueString: value } : { url, valueBoolean: value },
    ),
  },
];
const mail = (change: Change = {}) =>
  endpoint('m', {
    code: 'secure-email',
    address: 'mailto:praktijk@postbus.example',
    extension: mailbox({ number: '500000002', endsAtGp: true }),
    ...change,
  });
const proof = (valueCode: string): Extension => ({ url: extensions.bestProof, valueCode });
const files = (code: string, more: Change = {}) =>
  endpoint('f', { payloadType: [{ coding: [{ system: codeSystems.resourceTypes, code }] }], ...more });

describe('the ways to a practice', () => {
  test('in the order of the directory, each with a destination of its own; the first keeps its name', () => {
    const practice = practiceWith(
      endpoint('a'),
      endpoint('off', { status: 'off' }),
      endpoint('b', { code: 'hl7v2-mllp' }),
      mail(),
    );
    expect(practice.channels.map((one) => [one.id, one.kind, destinationOf(practice, one)])).toEqual([
      ['a', 'fhir', 'practice:p'],
      ['b', 'mllp', 'practice:p/b'],
      ['m', 'medvri', 'practice:p/m'],
    ]);
    expect(practice.endpoint).toBe(practice.channels[0]);
    for (const one of practice.channels) expect(channelAt(practice, destinationOf(practice, one))).toBe(one);
    expect(practice.channels.map((one) => channelAfter(practice, destinationOf(practice, one))?.id)).toEqual([
      'b',
      'm',
      undefined,
    ]);
    expect(channelAt(practice, 'practice:p/gone')).toBeUndefined();
    expect(channelAfter(practice, 'practice:p/gone')).toBeUndefined();
  });

  test('a door for what comes in is no way back, unless it is the only one', () => {
    const peer: Extension = { url: extensions.mllpPeer, extension: [{ url: 'facility', valueString: 'P' }] };
    const channel: Extension = { url: extensions.mllpChannel, extension: [{ url: 'facility', valueString: 'P' }] };
    const ids = (...extension: Extension[]) =>
      practiceWith(endpoint('a'), endpoint('b', { code: 'hl7v2-mllp', extension })).channels.map((one) => one.id);
    expect(ids(peer)).toEqual(['a']);
    expect(ids(peer, channel)).toEqual(['a', 'b']);
    expect(ids()).toEqual(['a', 'b']);
    expect(practiceWith(endpoint('b', { code: 'hl7v2-mllp', extension: [peer] })).channels).toHaveLength(1);
  });

  test.each([
    ['Communication', undefined, undefined],
    ['DocumentReference', 'DocumentReference', true],
    ['Composition', 'Composition', undefined],
    ['Observation', undefined, undefined],
  ])('a FHIR system that takes %s', (code, form, pdf) => {
    const [one] = practiceWith(files(code)).channels;
    expect([one?.form, one?.pdf]).toEqual([form, pdf]);
  });

  test('PDF where it is asked for, and not where a system that files documents names other types', () => {
    const pdfOf = (one: Endpoint) => practiceWith(one).channels[0]?.pdf;
    expect(pdfOf(endpoint('a', { payloadMimeType: ['application/pdf'] }))).toBe(true);
    expect(pdfOf(endpoint('a', { code: 'hl7v2-mllp', payloadMimeType: ['application/pdf'] }))).toBe(true);
    expect(pdfOf(files('DocumentReference', { payloadMimeType: ['text/plain'] }))).toBeUndefined();
    expect(pdfOf(mail({ payloadMimeType: ['application/pdf'] }))).toBeUndefined();
  });

  test.each([
    ['record', endpoint('a', { extension: [proof('record')] }), 'record'],
    ['record, of a document reference', files('DocumentReference', { extension: [proof('record')] }), 'record'],
    ['record, of a document that is kept', files('Composition', { extension: [proof('record')] }), 'application'],
    ['record, by mail', mail({ extension: [...mailbox({ number: '500000002' }), proof('record')] }), 'transport'],
    ['nothing', endpoint('a'), 'transport'],
  ])('the directory says %s', (_said, one, best) => {
    expect(practiceWith(one).channels[0]?.bestProof).toBe(best);
  });
});

describe('a mailbox', () => {
  test('without diacritics and without the BSN, unless the directory says otherwise', () => {
    expect(practiceWith(mail({ extension: mailbox({ number: '500000002' }) })).channels[0]?.mailbox).toEqual({
      number: '500000002',
      charset: 'ASCII',
      endsAtGp: false,
    });
    const other = mailbox({ number: '500000002', charset: '8859/1', endsAtGp: true });
    expect(practiceWith(mail({ extension: other })).channels[0]?.mailbox).toMatchObject({
      charset: '8859/1',
      endsAtGp: true,
    });
  });

  test.each([
    ['no mailbox behind it', { extension: [] }],
    ['no number', { extension: mailbox({ number: '' }) }],
    ['a number that UNB cannot hold', { extension: mailbox({ number: "5'0" }) }],
    ['no mail address', { address: 'https://postbus.example' }],
    ['two addresses in one', { address: 'mailto:a@b.example c@d.example' }],
  ])('%s: ordinary mail is no way for a letter', (_what, change) => {
    expect(practiceWith(mail(change)).channels).toEqual([]);
    expect(practiceWith(mail(change))).not.toHaveProperty('endpoint');
  });
});
