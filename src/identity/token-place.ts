import { z } from 'zod';
import type { TokenIssuer } from './callers.ts';
import type { FetchKeys } from './token-grants.ts';

/** What we need of an issuer's own words (RFC 8414, OpenID Connect Discovery). */
const metadata = z.object({ issuer: z.string(), token_endpoint: z.url(), jwks_uri: z.url() });

const keptMs = 600_000;
const timeoutMs = 5_000;

/** An issuer of others as it describes itself. */
export interface ForeignPlace extends TokenIssuer {
  readonly tokenUrl: string;
}

/**
 * Asks an issuer where its keys and its token endpoint are, and remembers that for ten minutes. Throws when it cannot be
 * reached, or says that it is another one than was asked (RFC 8414 §3.3).
 */
export function discoverIssuer(issuer: string, fetchKeys: FetchKeys): () => Promise<ForeignPlace> {
  let known: { readonly place: ForeignPlace; readonly atMs: number } | undefined;
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return async () => {
    if (known && performance.now() - known.atMs < keptMs) return known.place;
    const { status, text } = await fetchKeys(address, AbortSignal.timeout(timeoutMs));
    const said = status === 200 ? metadata.safeParse(JSON.parse(text)).data : undefined;
    if (said?.issuer !== issuer) throw new Error('no connection to the issuer of tokens');
    const place = { issuer, jwksUrl: said.jwks_uri, tokenUrl: said.token_endpoint };
    known = { place, atMs: performance.now() };
    return place;
  };
}
