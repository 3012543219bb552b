import { decodeJwt, decodeProtectedHeader, errors, importJWK, type JWTPayload, jwtVerify } from 'jose';
import type { Directory } from '../referral/directory/directory.ts';
import type { LaunchSystem, PublicKey } from '../referral/directory/launch-system.ts';
import { useOnce } from '../store/access/launches.ts';
import type { Store } from '../store/store.ts';

/** A JWT of a practice's system, whose practice is the one that registered the key, whatever the claims say. */
export interface PracticeJwt {
  readonly practice: string;
  readonly system: LaunchSystem;
  readonly claims: JWTPayload;
}

export type JwtFault = 'malformed' | 'unknown-issuer' | 'signature' | 'audience' | 'expired' | 'replayed';

/** Asymmetric only: a shared secret would make us able to sign in their name. */
export const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'ES256', 'ES384', 'EdDSA'];
/** Seconds; the longest that a signed launch or call may have been under way, and how far clocks may differ. */
const ageS = 300;
const skewS = 10;
const lengthMax = 8_000;

function headOf(token: string): { issuer: string; kid: string | undefined } | undefined {
  try {
    const { iss } = decodeJwt(token);
    const { kid } = decodeProtectedHeader(token);
    return iss ? { issuer: iss, kid } : undefined;
  } catch {
    return undefined;
  }
}

function faultOf(error: unknown): JwtFault {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'audience';
    return error.reason === 'missing' ? 'malformed' : 'expired';
  }
  return 'signature';
}

/** Every key that may have signed it, with whose it is; the kid narrows them where both sides name one. */
function candidates(directory: Directory, issuer: string, kid: string | undefined, demo: boolean) {
  const found = [...directory.practices.values()].flatMap((practice) =>
    (practice.launches ?? [])
      .filter((system) => system.issuer === issuer && (demo || !system.demo))
      .flatMap((system) =>
        system.keys
          .filter((key) => kid === undefined || key.kid === undefined || key.kid === kid)
          .map((key) => ({ practice: practice.id, system, key })),
      ),
  );
  // A key that several practices registered names none of them.
  const same = (one: PublicKey, other: PublicKey) => one.x === other.x && one.n === other.n;
  return found.filter((one) => !found.some((other) => other.practice !== one.practice && same(one.key, other.key)));
}

/**
 * Checks a JWT that a practice's system signed with its registered key: for us (`audience`), at most five minutes old
 * (`iat`, and `exp` where it has one or must), and never seen before (`jti`, kept in the record). A fault names the
 * practice when it was that practice's key that signed. Without `demo` the demo's keys are nobody's.
 */
export async function verifyPracticeJwt(
  store: Store,
  directory: Directory,
  token: string,
  asked: { readonly audience: string | string[]; readonly needs?: readonly string[]; readonly demo?: boolean },
): Promise<PracticeJwt | { readonly fault: JwtFault; readonly practice?: string }> {
  const head = token.length <= lengthMax ? headOf(token) : undefined;
  if (!head) return { fault: 'malformed' };
  const keys = candidates(directory, head.issuer, head.kid, asked.demo === true);
  if (keys.length === 0) return { fault: 'unknown-issuer' };
  let fault: { fault: JwtFault; practice?: string } = { fault: 'signature' };
  for (const { practice, system, key } of keys) {
    try {
      const { payload } = await jwtVerify(token, await importJWK(key), {
        issuer: head.issuer,
        audience: asked.audience,
        algorithms,
        currentDate: store.clock(),
        clockTolerance: skewS,
        maxTokenAge: ageS,
        requiredClaims: ['jti', 'iat', ...(asked.needs ?? [])],
      });
      const until = new Date(store.clock().getTime() + (ageS + 2 * skewS) * 1_000);
      const first = await useOnce(store, `jwt ${system.id}`, String(payload.jti), until);
      return first ? { practice, system, claims: payload } : { fault: 'replayed', practice };
    } catch (error) {
      if (!(error instanceof errors.JOSEError) && !(error instanceof TypeError)) throw error;
      // Another key of the same issuer may fit; what is wrong with the claims is so under every key.
      const found = faultOf(error);
      if (found !== 'signature') fault = { fault: found, practice };
    }
  }
  return fault;
}
