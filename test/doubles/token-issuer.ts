import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import { type SystemKey, systemKey } from './app.ts';
import { type Asked, json, type OtherServer, openOtherServer } from './web.ts';

const text = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An issuer of others that signs in whoever asks, and says and signs what the test tells it to. */
export interface TokenIssuer {
  readonly server: OtherServer;
  readonly key: SystemKey;
  readonly clientSecret: string;
  /** What the ID token says beside what is right, or instead of it; undefined leaves a claim out. */
  claims: Record<string, unknown>;
  /** What the discovery document says instead. */
  metadata: Record<string, unknown>;
  /** How the ID token is signed. */
  sign: (claims: Record<string, unknown>) => Promise<string>;
}

export async function openTokenIssuer(clientId: string): Promise<TokenIssuer> {
  const key = await systemKey('ES384', 'of-the-issuer');
  const clientSecret = 'a secret of the client, long enough to sign with';
  let nonce: string | null = null;
  const right = (): Record<string, unknown> => {
    const nowS = Math.floor(Date.now() / 1_000);
    return {
      iss: server.url,
      aud: clientId,
      sub: 'somebody',
      iat: nowS,
      exp: nowS + 60,
      ...(nonce !== null && { nonce }),
    };
  };
  const answer = async (asked: Asked) => {
    if (asked.path === '/jwks') return { keys: [key.jwk] };
    if (asked.path === '/token')
      return { access_token: 'x', token_type: 'bearer', id_token: await it.sign({ ...right(), ...it.claims }) };
    const at = (path: string) => `${server.url}${path}`;
    return {
      issuer: server.url,
      authorization_endpoint: at('/auth'),
      token_endpoint: at('/token'),
      jwks_uri: at('/jwks'),
      id_token_signing_alg_values_supported: ['ES384'],
      ...it.metadata,
    };
  };
  const server: OtherServer = await openOtherServer((asked, response) => {
    const url = new URL(asked.path, 'http://issuer');
    if (url.pathname !== '/auth') return void answer(asked).then((body) => json(response, 200, body));
    nonce = url.searchParams.get('nonce');
    const back = new URL(url.searchParams.get('redirect_uri') ?? '');
    back.search = new URLSearchParams({ code: 'once', state: url.searchParams.get('state') ?? '' }).toString();
    response.writeHead(303, { location: back.href }).end();
  });
  const it: TokenIssuer = {
    server,
    key,
    clientSecret,
    claims: {},
    metadata: {},
    sign: (claims) => signedBy(key)(claims),
  };
  return it;
}

/** Signed by this key; `header` says more than that. */
export const signedBy =
  (key: SystemKey, header: Record<string, unknown> = {}) =>
  (claims: Record<string, unknown>): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);

/** Not signed at all, or by a secret that both know. */
export const unsigned = async (claims: Record<string, unknown>) => `${text({ alg: 'none' })}.${text(claims)}.`;
export const macBy = (secret: string) => async (claims: Record<string, unknown>) => {
  const body = `${text({ alg: 'HS256' })}.${text(claims)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
};
