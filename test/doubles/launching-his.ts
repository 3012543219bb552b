import { createHash, randomUUID } from 'node:crypto';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import { type Asked, json, type OtherServer, openOtherServer } from './web.ts';

/** How the double differs from a right answer; set per test. */
export interface Twist {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly patient?: string | null;
  readonly user?: string;
  /** Signs ID tokens with another key than it publishes. */
  readonly forges?: boolean;
  readonly token?: number;
  readonly create?: number;
  readonly pkce?: boolean;
  readonly hangs?: boolean;
}

export interface HisKind {
  /** SMART 2 with R4 and its own page of settings, or SMART 1 with STU3 and its CapabilityStatement alone. */
  readonly kind: 'r4' | 'stu3';
  readonly creates?: 'ServiceRequest' | 'DocumentReference';
  readonly proof?: 'public' | 'client_secret' | 'private_key_jwt';
  /** Where our public keys are, for private_key_jwt. */
  readonly clientKeys?: () => string;
}

/** A practice's GP system with an authorization server: a real one on the wire, that plays what a test asks of it. */
export interface LaunchingHis {
  readonly base: string;
  readonly host: string;
  readonly server: OtherServer;
  readonly publicKey: JWK;
  readonly created: { readonly path: string; readonly body: Record<string, unknown>; readonly asked: Asked }[];
  twist: Twist;
  /** The browser at its authorize page: gives the address that it is sent back to, with a code. */
  authorize(url: string): string;
  sign(claims: Readonly<Record<string, unknown>>, header?: { alg?: string; kid?: string }): Promise<string>;
  close(): Promise<void>;
}

export const clientId = 'kortelijn-test';
export const clientSecret = 'geheim:van ons';
export const recordToken = 'the-practices-own-bearer';

const patient = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: '999990019' }],
  name: [
    { use: 'official', family: 'Bakker', given: ['Cornelis'] },
    { use: 'usual', given: ['Kees'] },
  ],
  birthDate: '1948-02-29',
  gender: 'male',
  telecom: [{ system: 'phone', value: '06-00009011' }],
  address: [{ use: 'home', line: ['Dorpsweg 3'], postalCode: '2345 CD', city: 'Voorbeelddorp' }],
};
const others: Record<string, object> = {
  'Patient/p1': patient,
  'Patient/nameless': { resourceType: 'Patient', id: 'nameless', birthDate: '1948-02-29' },
  'Practitioner/d1': practitioner('d1', '01990111'),
  'Practitioner/elsewhere': practitioner('elsewhere', '01990113'),
  'Practitioner/stranger': practitioner('stranger', '01999999'),
  'PractitionerRole/r1': {
    resourceType: 'PractitionerRole',
    id: 'r1',
    practitioner: { reference: 'Practitioner/d1' },
  },
};

function practitioner(id: string, agb: string): object {
  // AGB by its OID, as some systems write it.
  return {
    resourceType: 'Practitioner',
    id,
    identifier: [{ system: 'urn:oid:2.16.840.1.113883.2.4.6.1', value: agb }],
  };
}

const condition = (code: string, clinicalStatus: unknown) => ({
  resource: {
    resourceType: 'Condition',
    clinicalStatus,
    code: { coding: [{ system: 'http://hl7.org/fhir/sid/icpc-1-nl', code }] },
  },
});

export async function openLaunchingHis(now: () => Date, options: HisKind): Promise<LaunchingHis> {
  const { kind, creates, proof = 'public' } = options;
  const [real, forged] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
  const publicKey: JWK = { ...(await exportJWK(real.publicKey)), kid: 'one', alg: 'ES256' };
  const codes = new Map<string, URLSearchParams>();
  const created: LaunchingHis['created'] = [];
  const seconds = () => Math.floor(now().getTime() / 1_000);
  const sign: LaunchingHis['sign'] = (claims, header = {}) =>
    new SignJWT({ iat: seconds(), jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(his.twist.forges ? forged.privateKey : real.privateKey);

  const provenBy = async (form: URLSearchParams, asked: Asked): Promise<boolean> => {
    if (proof === 'public') return form.get('client_id') === clientId;
    if (proof === 'client_secret') {
      const [id, secret] = Buffer.from((asked.headers.authorization ?? '').slice(6), 'base64')
        .toString()
        .split(':');
      return id === clientId && decodeURIComponent(secret ?? '') === clientSecret;
    }
    const keys = (await (await fetch(options.clientKeys?.() ?? '')).json()) as { keys: JWK[] };
    const { payload } = await jwtVerify(form.get('client_assertion') ?? '', createLocalJWKSet(keys), {
      issuer: clientId,
      subject: clientId,
      audience: `${his.base}/token`,
      currentDate: now(),
    });
    return payload.jti !== undefined && form.get('client_assertion_type')?.endsWith('jwt-bearer') === true;
  };
  const tokenFor = async (asked: Asked): Promise<[number, object]> => {
    const { twist, base } = his;
    if (twist.token) return [twist.token, { error: 'server_error' }];
    const form = new URLSearchParams(asked.body);
    const code = form.get('code') ?? '';
    const query = codes.get(code);
    codes.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const right = query?.get('code_challenge') === challenge && query.get('redirect_uri') === form.get('redirect_uri');
    if (!query || !right || !(await provenBy(form, asked))) return [400, { error: 'invalid_grant' }];
    const user = twist.user ?? `${base}/Practitioner/d1`;
    const claims = {
      iss: base,
      sub: 'd1',
      aud: clientId,
      exp: seconds() + 300,
      nonce: query.get('nonce') ?? '',
      [kind === 'r4' ? 'fhirUser' : 'profile']: user,
      ...twist.claims,
    };
    const id = twist.patient === undefined ? 'p1' : twist.patient;
    return [
      200,
      {
        access_token: 'token-of-the-launch',
        token_type: 'Bearer',
        expires_in: 3_600,
        scope: query.get('scope'),
        id_token: await sign(claims),
        ...(id && { patient: id }),
      },
    ];
  };

  const capability = (base: string) => ({
    resourceType: 'CapabilityStatement',
    fhirVersion: kind === 'r4' ? '4.0.1' : '3.0.1',
    rest: [
      {
        mode: 'server',
        ...(kind === 'stu3' && {
          security: {
            extension: [
              {
                url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
                extension: [
                  { url: 'authorize', valueUri: `${base}/authorize` },
                  { url: 'token', valueUri: `${base}/token` },
                ],
              },
            ],
          },
        }),
        resource: [
          { type: 'Patient', interaction: [{ code: 'read' }] },
          ...(creates ? [{ type: creates, interaction: [{ code: 'create' }] }] : []),
        ],
      },
    ],
  });
  const pages = (base: string): Record<string, object> => ({
    ...(kind === 'r4' && {
      '.well-known/smart-configuration': {
        issuer: base,
        jwks_uri: `${base}/jwks`,
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        capabilities: ['launch-ehr', 'permission-v2'],
        ...(his.twist.pkce !== false && { code_challenge_methods_supported: ['S256'] }),
      },
    }),
    '.well-known/openid-configuration': { issuer: base, jwks_uri: `${base}/jwks` },
    metadata: capability(base),
    jwks: { keys: [publicKey] },
  });

  const server = await openOtherServer((asked, response) => {
    if (his.twist.hangs) return;
    const [path = '', query = ''] = asked.path.replace('/fhir/', '').split('?');
    const page = pages(his.base)[path];
    if (page) return json(response, 200, page);
    if (path === 'token') return void tokenFor(asked).then((answer) => json(response, ...answer));
    if (!['Bearer token-of-the-launch', `Bearer ${recordToken}`].includes(asked.headers.authorization ?? ''))
      return json(response, 401, { resourceType: 'OperationOutcome', issue: [] });
    if (asked.method === 'POST') {
      created.push({ path, body: JSON.parse(asked.body), asked });
      return json(response, his.twist.create ?? 201, {});
    }
    if (path === 'Condition' && query.startsWith('patient=p1')) {
      const over = kind === 'r4' ? { coding: [{ code: 'resolved' }] } : 'resolved';
      const entry = [condition('Z15', 'active'), condition('K86', 'active'), condition('Z01', over)];
      return json(response, 200, { resourceType: 'Bundle', type: 'searchset', entry });
    }
    const found = others[path];
    json(response, found ? 200 : 404, found ?? { resourceType: 'OperationOutcome', issue: [] });
  });
  const his: LaunchingHis = {
    base: `${server.url}/fhir`,
    host: server.host,
    server,
    publicKey,
    created,
    twist: {},
    authorize: (url) => {
      const { searchParams } = new URL(url);
      const code = randomUUID();
      codes.set(code, searchParams);
      const back = new URL(searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', searchParams.get('state') ?? '');
      return back.href;
    },
    sign,
    close: server.close,
  };
  return his;
}
