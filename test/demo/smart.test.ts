import { generateKeyPairSync } from 'node:crypto';
import * as oidc from 'openid-client';
import { describe, expect, test } from 'vitest';
import type { His } from '../../demo/his.ts';
import type { Practice } from '../../demo/model.ts';
import { annie, bodyOf, brink, brinkToken, feedback, hisUnderTest, practices, recordOf } from './his-under-test.ts';

const kortelijn = 'http://127.0.0.1:9';
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const withKeys = practices.map(
  (one): Practice => ({
    ...one,
    launchKey: { kty: 'EC', crv: 'P-256', x: key.x ?? '', y: key.y ?? '', d: key.d ?? '', kid: one.id, alg: 'ES256' },
  }),
);
const open = () => hisUnderTest({ practices: withKeys, kortelijn, now: () => new Date() });

/** Presses the button: gives the address that the browser is sent to. */
async function pressed(his: His, way = 'smart-r4'): Promise<URL> {
  const url = `${his.url}/${brink}/patients/${annie.id}/launch/${way}`;
  const response = await fetch(url, { method: 'POST', redirect: 'manual' });
  expect(response.status).toBe(303);
  return new URL(response.headers.get('location') ?? '');
}

/** Another's client than ours (openid-client), so that both sides are held to the standard and not to each other. */
async function launched(his: His, change: Record<string, string> = {}) {
  const started = (await pressed(his)).searchParams;
  const iss = started.get('iss') ?? '';
  const server = await bodyOf<oidc.ServerMetadata>(fetch(`${iss}/.well-known/smart-configuration`));
  const config = new oidc.Configuration(server, 'kortelijn', undefined, oidc.None());
  oidc.allowInsecureRequests(config);
  oidc.enableNonRepudiationChecks(config);
  const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
  const asked = oidc.buildAuthorizationUrl(config, {
    redirect_uri: `${kortelijn}/launch/callback`,
    scope: 'launch openid fhirUser patient/*.rs patient/ServiceRequest.c',
    state,
    nonce,
    aud: iss,
    launch: started.get('launch') ?? '',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...change,
  });
  const answer = await fetch(asked, { redirect: 'manual' });
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  return { iss, config, answer, asked, checks, back: new URL(answer.headers.get('location') ?? kortelijn) };
}

describe('the SMART server of the demo', () => {
  test('is one for openid-client too: code, PKCE, signed ID token, patient and user', async () => {
    const his = await open();
    const { config, back, checks, iss } = await launched(his);
    const tokens = await oidc.authorizationCodeGrant(config, back, checks);
    const { practice } = his.records(brink);
    expect(practice.gps.map((gp) => `${iss}/Practitioner/${gp.id}`)).toContain(tokens.claims()?.fhirUser);
    expect(tokens.patient).toBe(annie.id);
    await expect(oidc.authorizationCodeGrant(config, back, checks)).rejects.toThrow();
    const read = (path: string) =>
      fetch(`${iss}/${path}`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(await bodyOf(read(`Patient/${annie.id}`))).toMatchObject({ birthDate: annie.birthDate });
    expect((await read('Patient/p2')).status).toBe(404);
    expect((await fetch(`${iss}/Patient/${annie.id}`)).status).toBe(401);
  });

  test('a launch counts once; another audience, another way back or another verifier is refused', async () => {
    const his = await open();
    const first = await launched(his);
    expect((await fetch(first.asked, { redirect: 'manual' })).status).toBe(400);
    expect((await launched(his, { aud: 'https://elsewhere.example' })).answer.status).toBe(400);
    expect((await launched(his, { redirect_uri: 'https://elsewhere.example/' })).answer.status).toBe(400);
    const wrong = { ...first.checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
    await expect(oidc.authorizationCodeGrant(first.config, first.back, wrong)).rejects.toThrow();
  });

  test('a note of the referral stands in the journal, and the answer to it files itself', async () => {
    const his = await open();
    const { config, back, checks, iss } = await launched(his);
    const { access_token } = await oidc.authorizationCodeGrant(config, back, checks);
    const number = { system: 'https://kortelijn.example/refer', value: 'F-20261123-ABCDEFGH' };
    const write = (patient: string) =>
      fetch(`${iss}/ServiceRequest`, {
        method: 'POST',
        headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/fhir+json' },
        body: JSON.stringify({
          resourceType: 'ServiceRequest',
          identifier: [number],
          subject: { reference: `Patient/${patient}` },
        }),
      });
    expect((await write('p2')).status).toBe(422);
    expect((await write(annie.id)).status).toBe(201);
    expect((await write(annie.id)).status).toBe(201);
    const { journal } = await recordOf(his, annie.id);
    expect(journal.filter((one) => one.kind === 'referral')).toHaveLength(1);
    const answer = await fetch(`${his.url}/${brink}/fhir/Communication`, {
      method: 'POST',
      headers: { authorization: `Bearer ${brinkToken}`, 'content-type': 'application/fhir+json' },
      body: JSON.stringify(feedback('m1', { basedOn: [{ identifier: number }] })),
    });
    expect(await bodyOf(answer)).toMatchObject({ status: 'completed' });
  });

  test('SMART 1: no page of settings, but a CapabilityStatement of STU3 that says where', async () => {
    const his = await open();
    const iss = (await pressed(his, 'smart-stu3')).searchParams.get('iss') ?? '';
    expect((await fetch(`${iss}/.well-known/smart-configuration`)).status).toBe(404);
    const capability = await bodyOf(fetch(`${iss}/metadata`));
    expect(capability).toMatchObject({ fhirVersion: '3.0.2' });
    expect(JSON.stringify(capability)).toContain(`${iss}/authorize`);
  });

  test('without a key of its own a practice launches nothing', async () => {
    const his = await hisUnderTest();
    const response = await fetch(`${his.url}/${brink}/patients/${annie.id}/launch/jwt`, { method: 'POST' });
    expect(response.status).toBe(404);
    expect(await (await fetch(`${his.url}/${brink}/patients/${annie.id}`)).text()).not.toContain('Ondertekende link');
  });
});
