import type { Endpoint, Extension, Organization } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { readDirectory } from '../../src/referral/directory/directory.ts';

const strings = (values: Record<string, string>): Extension[] =>
  Object.entries(values).map(([url, valueString]) => ({ url, valueString }));

function practiceWith(...endpoints: { code: string; status?: 'active' | 'off'; extension?: Extension[] }[]) {
  const resources = endpoints.map(
    ({ code, status = 'active', extension = [] }, n): Endpoint => ({
      resourceType: 'Endpoint',
      id: `e${n}`,
      status,
      connectionType: { system: codeSystems.connectionType, code },
      payloadType: [{ text: 'x' }],
      address: `address-${n}`,
      extension,
    }),
  );
  const organization: Organization = {
    resourceType: 'Organization',
    id: 'p',
    type: [{ coding: [{ system: codeSystems.organizationType, code: 'Z3' }] }],
    endpoint: resources.map((one) => ({ reference: `Endpoint/${one.id}` })),
  };
  const found = readDirectory([organization, ...resources], 1).practices.get('p');
  if (!found) throw new Error('no practice');
  return found;
}

const peer = (values: Record<string, string>) => ({ url: extensions.mllpPeer, extension: strings(values) });
const proof = (valueCode: string) => ({ url: extensions.bestProof, valueCode });

describe('an MLLP endpoint in the directory', () => {
  test('feedback goes to the first active endpoint, by its own kind', () => {
    const beside = practiceWith(
      { code: 'hl7-fhir-rest', status: 'off' },
      { code: 'hl7v2-mllp' },
      { code: 'hl7-fhir-rest' },
    );
    expect(beside.endpoint).toMatchObject({ address: 'address-1', kind: 'mllp' });
    expect(practiceWith({ code: 'hl7-fhir-rest' }, { code: 'hl7v2-mllp' }).endpoint).toEqual({
      id: 'e0',
      address: 'address-0',
      bestProof: 'transport',
      kind: 'fhir',
    });
  });

  test('what the directory does not say about a channel has one meaning', () => {
    expect(practiceWith({ code: 'hl7v2-mllp' }).endpoint?.channel).toEqual({
      application: '',
      facility: '',
      version: '2.5',
      charset: '8859/1',
      onError: 'hold',
      onReject: 'retry',
      answerWithinMs: 1_800_000,
    });
  });

  test('what it says wrongly does not get out', () => {
    const extension = [
      { url: extensions.mllpChannel, extension: strings({ charset: '8859/2', onError: 'maybe', onReject: 'hold' }) },
    ];
    expect(practiceWith({ code: 'hl7v2-mllp', extension }).endpoint?.channel).toMatchObject({
      charset: '8859/1',
      onError: 'hold',
      onReject: 'hold',
    });
  });

  test('nobody can read back from a record over MLLP: the application’s yes is the best proof', () => {
    expect(practiceWith({ code: 'hl7v2-mllp', extension: [proof('record')] }).endpoint?.bestProof).toBe('application');
    expect(practiceWith({ code: 'hl7-fhir-rest', extension: [proof('record')] }).endpoint?.bestProof).toBe('record');
  });

  test.each([
    ['a name and a range', { facility: 'A', addressRange: '10.0.0.0/8' }, 1],
    ['a name and a certificate', { facility: 'A', certificate: 'AB:CD' }, 1],
    ['a name alone', { facility: 'A' }, 0],
    ['no name', { addressRange: '10.0.0.0/8' }, 0],
    ['an empty name', { facility: '', addressRange: '10.0.0.0/8' }, 0],
  ])('%s: %#', (_, values, count) => {
    expect(practiceWith({ code: 'hl7v2-mllp', extension: [peer(values)] }).peers).toHaveLength(count);
    expect(practiceWith({ code: 'hl7-fhir-rest', extension: [peer(values)] }).peers).toHaveLength(0);
    expect(practiceWith({ code: 'hl7v2-mllp', status: 'off', extension: [peer(values)] }).peers).toHaveLength(0);
  });

  test('a fingerprint is compared as plain hex', () => {
    const { peers } = practiceWith({
      code: 'hl7v2-mllp',
      extension: [peer({ facility: 'A', certificate: 'AB:CD:0F' })],
    });
    expect(peers).toEqual([{ practice: 'p', facility: 'A', certificate: 'abcd0f' }]);
  });

  test('an agreement on consent is whole or it is none', () => {
    const agreed = (values: Record<string, string>) => {
      const extension = [
        peer({ facility: 'A', addressRange: '::1/128' }),
        { url: extensions.consentAgreement, extension: strings(values) },
      ];
      return practiceWith({ code: 'hl7v2-mllp', extension }).peers[0]?.agreement;
    };
    expect(agreed({ since: '2026-01-05', how: 'spoken' })).toEqual({
      since: '2026-01-05',
      how: 'spoken',
      medicalCodes: false,
      feedback: 'closure-only',
    });
    expect(agreed({ since: '2026-01-05' })).toBeUndefined();
    expect(agreed({ how: 'written' })).toBeUndefined();
    expect(agreed({ since: '2026-01-05', how: 'inferred' })).toBeUndefined();
  });
});
