import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a key management service must do for us: wrap and unwrap a data key, bound to a context. */
export interface MasterKey {
  readonly id: string;
  wrap(dataKey: Buffer, context: string): Promise<Buffer>;
  unwrap(wrapped: Buffer, context: string): Promise<Buffer>;
  /** A key of its own for a purpose (HMAC index, cookies), derived so that it never has to be stored. */
  derive(purpose: string): Buffer;
}

const ivBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM. Out: version byte, nonce, tag, ciphertext. `context` is authenticated: a document moved to another
 * place in the database does not open.
 */
export function seal(key: Buffer, plain: Buffer, context: string): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.from([1]), iv, cipher.getAuthTag(), body]);
}

/** The reverse of seal; throws when the key, the context or a single bit differs. */
export function open(key: Buffer, sealed: Buffer, context: string): Buffer {
  if (sealed[0] !== 1) throw new Error('sealed with an unknown version');
  const iv = sealed.subarray(1, 1 + ivBytes);
  const tag = sealed.subarray(1 + ivBytes, 1 + ivBytes + tagBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context)).setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(1 + ivBytes + tagBytes)), decipher.final()]);
}

/** HMAC-SHA-256 of a normalised value of one field: equal values can be found, the value cannot be read. */
export function fieldHmac(key: Buffer, field: string, value: string): Buffer {
  const normal = value
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[\s.'’-]+/g, '');
  return createHmac('sha256', key).update(`${field}\0${normal}`).digest();
}

/** A master key from 32 random bytes (base64). Its id is a fingerprint, so that rotation can tell keys apart. */
export function masterKeyFrom(secret: Buffer): MasterKey {
  if (secret.length !== 32) throw new Error('the master key must be 32 bytes, written as base64');
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, 'kortelijn', purpose, 32));
  const wrapping = derive('wrap');
  return {
    id: derive('id').subarray(0, 6).toString('hex'),
    wrap: async (dataKey, context) => seal(wrapping, dataKey, context),
    unwrap: async (wrapped, context) => open(wrapping, wrapped, context),
    derive,
  };
}

/** Reads the master key file; with `create` makes one (mode 0600) on the first start. Never logged, never in the environment. */
export async function readMasterKey(file: string, create: boolean): Promise<MasterKey> {
  if (create) {
    await mkdir(dirname(file), { recursive: true });
    try {
      await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 });
      await chmod(file, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return masterKeyFrom(Buffer.from((await readFile(file, 'utf8')).trim(), 'base64'));
}
