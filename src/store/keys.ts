import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { access, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './embedded-place.ts';

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

/** Whole or not at all, and on the disk before anything is sealed with it: a lost key is lost content. The first one stays. */
async function makeMasterKey(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const half = `${file}.${randomUUID()}.half`;
  try {
    await writeFile(half, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600, flush: true });
    await link(half, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    syncFolder(dirname(file));
  } finally {
    await rm(half, { force: true });
  }
}

/** Reads the master key file; with `create` makes one (mode 0600) on the first start. Never logged, never in the environment. */
export async function readMasterKey(file: string, create: boolean): Promise<MasterKey> {
  if (create) {
    await access(file).catch(() => makeMasterKey(file));
  }
  return masterKeyFrom(Buffer.from((await readFile(file, 'utf8')).trim(), 'base64'));
}
