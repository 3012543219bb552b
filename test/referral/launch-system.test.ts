import { readFileSync } from 'node:fs';
import type { Endpoint } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { extensions } from '../../src/fhir/systems.ts';
import { channelsOf } from '../../src/referral/directory/channels.ts';
import { launchOf } from '../../src/referral/directory/launch-system.ts';
import { icpcOf, isSocial, resourcesIn, suggestedAreas } from '../../src/referral/social-icpc.ts';

const endpoint = (id: string, ...parts: object[]): Endpoint => ({
  resourceType: 'Endpoint',
  id,
  status: 'active',
  connectionType: { code: 'hl7-fhir-rest' },
  payloadType: [{ text: 'x' }],
  address: `https://${id}.example/fhir`,
  extension: [{ url: extensions.launch, extension: parts as never }],
});
const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
const jwks = (...keys: unknown[]) => ({ url: 'jwks', valueString: JSON.stringify({ keys }) });

describe('what the directory says of a system that launches', () => {
  test('its issuer is its address unless it says another; without a client id there is no SMART', () => {
    expect(launchOf(endpoint('one'))).toEqual({
      id: 'one',
      address: 'https://one.example/fhir',
      issuer: 'https://one.example/fhir',
      keys: [],
      origins: [],
    });
    const whole = endpoint(
      'one',
      { url: 'clientId', valueString: 'us' },
      { url: 'clientProof', valueCode: 'private_key_jwt' },
      { url: 'issuer', valueString: 'https://issuer.example' },
      { url: 'origin', valueString: 'https://a.example' },
      { url: 'origin', valueString: 'https://b.example' },
      jwks(key),
    );
    expect(launchOf(whole)).toMatchObject({
      issuer: 'https://issuer.example',
      client: { id: 'us', proof: 'private_key_jwt' },
      keys: [key],
      origins: ['https://a.example', 'https://b.example'],
    });
  });

  test('a shared secret, or a private key that somebody pasted, is no key to check with', () => {
    expect(launchOf(endpoint('one', jwks({ kty: 'oct', k: 'secret' }, { ...key, d: 'private' }, null)))?.keys).toEqual(
      [],
    );
    expect(launchOf(endpoint('one', { url: 'jwks', valueString: 'no json' }))?.keys).toEqual([]);
  });

  test('a key of the demo stays the demo’s, also where somebody took its mark away', () => {
    const region = readFileSync(new URL('../../fixtures/region/directory.json', import.meta.url), 'utf8');
    const { entry } = JSON.parse(region) as { entry: { resource: Endpoint }[] };
    const systems = entry.flatMap(
      ({ resource }) => resource.extension?.find((one) => one.url === extensions.launch) ?? [],
    );
    const signing = systems.flatMap(({ extension }) => extension?.find((one) => one.url === 'jwks') ?? []);
    expect(signing).toHaveLength(3);
    for (const one of signing) expect(launchOf(endpoint('one', one))?.demo).toBe(true);
    expect(launchOf(endpoint('one', jwks(key)))?.demo).toBeUndefined();
  });

  test('what only launches is no way for feedback, wherever it stands in the list', () => {
    const only = endpoint('smart', { url: 'only', valueBoolean: true });
    expect(channelsOf([only, endpoint('his')]).map((one) => one.id)).toEqual(['his']);
  });
});

describe('social ICPC codes', () => {
  test('suggest life areas, each once; codes that do not exist or are medical suggest nothing', () => {
    expect(suggestedAreas(['Z15', 'Z04', 'Z01.02', 'K86', 'Z17', 'z03'])).toEqual([
      'meaning',
      'loneliness',
      'debts',
      'housing',
    ]);
    expect(['Z29', 'Z26', 'Z00', 'P03', ''].map(isSocial)).toEqual([true, false, false, false, false]);
  });

  test('are read out of whatever a server sends without a fault', () => {
    for (const odd of [null, undefined, 3, 'x', [], {}, { resourceType: 'Condition', code: { coding: 'x' } }])
      expect(icpcOf(odd)).toBeUndefined();
    for (const odd of [null, {}, { entry: 'x' }]) expect(resourcesIn(odd)).toEqual([]);
    expect(resourcesIn({ entry: [null, { resource: 1 }] })).toEqual([undefined, 1]);
  });
});
