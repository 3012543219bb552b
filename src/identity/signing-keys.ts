import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { byTheLine } from '../referral/audit-line.ts';
import { changeSetting, readOrMakeSetting } from '../store/access/sessions.ts';
import type { Store } from '../store/store.ts';

/** What the embedded issuer signs with. The first key signs; those behind it are still published. */
export interface IssuerSecrets {
  readonly jwks: { readonly keys: readonly JWK[] };
  readonly cookieKeys: readonly string[];
  /** When each key was made, by its kid, ISO 8601. */
  readonly made?: Readonly<Record<string, string>>;
}

const settingName = 'issuer';
/** A key that no longer signs is published so long: tokens live five minutes, and who checks them keeps keys for a while. */
export const retiredMs = 3_600_000;
/** A key signs so long before the duty makes a new one. */
const signingDays = 90;
const dayMs = 86_400_000;
/** As strong as 128 bits (NIST SP 800-57); 2,048 is not. */
const modulusLength = 3_072;
const isShort = (key: JWK | undefined) => Buffer.from(key?.n ?? '', 'base64url').length * 8 < modulusLength;

async function makeKey(): Promise<JWK & { kid: string }> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true, modulusLength });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig', alg: 'RS256' };
}

/** The issuer's secrets as they are now; made at the first start. */
export async function readIssuerSecrets(store: Store): Promise<IssuerSecrets> {
  const made = await readOrMakeSetting(store, settingName, async () => {
    const key = await makeKey();
    const secrets: IssuerSecrets = {
      jwks: { keys: [key] },
      cookieKeys: [randomBytes(32).toString('base64url')],
      made: { [key.kid]: store.clock().toISOString() },
    };
    return Buffer.from(JSON.stringify(secrets));
  });
  return JSON.parse(made.toString('utf8')) as IssuerSecrets;
}

/** When the key that signs now was made; undefined when that was not noted, or there is none yet. */
export async function signingSince(store: Store): Promise<Date | undefined> {
  const { jwks, made } = await readIssuerSecrets(store);
  const at = made?.[jwks.keys[0]?.kid ?? ''];
  return at ? new Date(at) : undefined;
}

function withKeys(secrets: IssuerSecrets, keys: readonly JWK[], made: Readonly<Record<string, string>>): Buffer {
  const kept = Object.entries(made).filter(([kid]) => keys.some((one) => one.kid === kid));
  return Buffer.from(JSON.stringify({ ...secrets, jwks: { keys }, made: Object.fromEntries(kept) }));
}

/**
 * Makes a new signing key when the present one is older than 90 days or too short, or now when told to, and drops those whose
 * successor has signed for an hour. Processes follow within seconds. Gives how many keys came and went.
 */
export async function turnSigningKeys(store: Store, isForced = false): Promise<number> {
  await readIssuerSecrets(store);
  let turned = 0;
  await changeSetting(store, settingName, async (now) => {
    const secrets = JSON.parse(now.toString('utf8')) as IssuerSecrets;
    const { keys } = secrets.jwks;
    const made = secrets.made ?? {};
    const nowMs = store.clock().getTime();
    const ageMs = (key: JWK | undefined) => nowMs - Date.parse(made[key?.kid ?? ''] ?? '1970-01-01T00:00:00Z');
    const isDue = isForced || isShort(keys[0]) || ageMs(keys[0]) > signingDays * dayMs;
    // A key is over when the one that took its place is old enough.
    const kept = keys.filter((_, nth) => nth === 0 || ageMs(keys[nth - 1]) <= retiredMs);
    turned = keys.length - kept.length + Number(isDue);
    if (turned === 0) return undefined;
    if (!isDue) return withKeys(secrets, kept, made);
    const key = await makeKey();
    return withKeys(secrets, [key, ...kept], { ...made, [key.kid]: store.clock().toISOString() });
  });
  if (turned > 0) {
    const done = await store.commit({
      scope: { practice: '' },
      audit: [
        byTheLine('signing-keys-turned', store.clock().toISOString(), {
          action: 'U',
          code: String(turned),
          purpose: 'SYSADMIN',
        }),
      ],
    });
    if (!done.ok) throw new Error('the audit line could not be written');
  }
  return turned;
}
