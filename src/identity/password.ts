import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

interface Cost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

// OWASP's lower bound for scrypt is 2^17, 8, 1 or 2^15, 8, 3: the same work, spread so that 32 MiB is enough at a time.
const cost: Cost = { logN: 15, r: 8, p: 3 };
const hashBytes = 32;
const saltBytes = 16;
/** Longer input is refused unread: nobody types it, and hashing it would be work for an attacker's sake. */
export const passwordLengthMax = 256;

function derive(password: string, salt: Buffer, { logN, r, p }: Cost, bytes: number): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** logN, r, p, maxmem: 256 * 2 ** logN * r };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** What is kept of a password: `scrypt$logN$r$p$salt$hash`, salt and hash in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await derive(password, salt, cost, hashBytes);
  return ['scrypt', cost.logN, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

function parse(stored: string): { cost: Cost; salt: Buffer; hash: Buffer } | undefined {
  const found = /^scrypt\$(1[4-9]|20)\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,})\$([\w-]{43,})$/.exec(stored);
  if (!found) return undefined;
  const [, logN, r, p, salt = '', hash = ''] = found;
  return {
    cost: { logN: Number(logN), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  };
}

/**
 * Whether the password belongs to what was stored. Without a stored text (an unknown user, a text we cannot read) the
 * answer is no after the same work, so that the time does not tell which names exist.
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const known = stored === undefined ? undefined : parse(stored);
  const typed = password.slice(0, passwordLengthMax);
  const hash = await derive(typed, known?.salt ?? Buffer.alloc(saltBytes), known?.cost ?? cost, hashBytes);
  const same = timingSafeEqual(hash, known?.hash.length === hashBytes ? known.hash : Buffer.alloc(hashBytes));
  return same && known !== undefined && password.length <= passwordLengthMax;
}
