import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { access, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './embedded/place.ts';

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

const derived = (secret: Buffer, purpose: string) => Buffer.from(hkdfSync('sha256', secret, 'kortelijn', purpose, 32));

/**
 * A master key from 32 random bytes. Its id is a fingerprint, so that rotation can tell keys apart. What is derived comes
 * from `root`, the first key of the record: the HMAC index of what was erased could never be made again.
 */
export function masterKeyFrom(secret: Buffer, root = secret): MasterKey {
  if (secret.length !== 32 || root.length !== 32) throw new Error('the master key must be 32 bytes, written as base64');
  const wrapping = derived(secret, 'wrap');
  return {
    id: derived(secret, 'id').subarray(0, 6).toString('hex'),
    wrap: async (dataKey, context) => seal(wrapping, dataKey, context),
    unwrap: async (wrapped, context) => open(wrapping, wrapped, context),
    derive: (purpose) => derived(root, purpose),
  };
}

/** A master key that has had others before it. */
export interface KeyRing extends MasterKey {
  /** The same data key wrapped by the newest master key; undefined when it is already. Throws when no key opens it. */
  rewrap(wrapped: Buffer, context: string): Promise<Buffer | undefined>;
}

/** The newest key wraps; what the old ones wrapped still opens. All must have one root. */
export function keyRing(newest: MasterKey, old: readonly MasterKey[]): KeyRing {
  const rootOf = (key: MasterKey) => key.derive('root-id');
  if (old.some((key) => !rootOf(key).equals(rootOf(newest))))
    throw new Error('the master keys have different roots: make a new one with npm run keys -- new');
  const unwrapWith = async (keys: readonly MasterKey[], wrapped: Buffer, context: string): Promise<Buffer> => {
    let failure: unknown;
    for (const key of keys) {
      try {
        return await key.unwrap(wrapped, context);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
  return {
    id: newest.id,
    wrap: newest.wrap,
    unwrap: (wrapped, context) => unwrapWith([newest, ...old], wrapped, context),
    derive: newest.derive,
    rewrap: async (wrapped, context) => {
      const isNewest = await newest.unwrap(wrapped, context).then(
        () => true,
        () => false,
      );
      return isNewest ? undefined : newest.wrap(await unwrapWith(old, wrapped, context), context);
    },
  };
}

/** Whole or not at all, and on the disk before anything is sealed with it: a lost key is lost content. The first one stays. */
async function makeMasterKey(file: string, root?: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const half = `${file}.${randomUUID()}.half`;
  try {
    await writeFile(
      half,
      `${[randomBytes(32), ...(root ? [root] : [])].map((one) => one.toString('base64')).join('\n')}\n`,
      { flag: 'wx', mode: 0o600, flush: true },
    );
    await link(half, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    syncFolder(dirname(file));
  } finally {
    await rm(half, { force: true });
  }
}

/** The key on the first line; on the second the root, when it is not the first key of its record. */
async function readKeyFile(file: string): Promise<{ readonly secret: Buffer; readonly root: Buffer | undefined }> {
  const [secret = '', root] = (await readFile(file, 'utf8'))
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return { secret: Buffer.from(secret, 'base64'), root: root === undefined ? undefined : Buffer.from(root, 'base64') };
}

/**
 * Reads the master key file and those of before, newest first; with `create` makes the first one (mode 0600) on the first
 * start. Never logged, never in the environment.
 */
export async function readMasterKey(file: string, create: boolean, oldFiles: readonly string[] = []): Promise<KeyRing> {
  if (create) {
    await access(file).catch(() => makeMasterKey(file));
  }
  const [newest, ...old] = await Promise.all([file, ...oldFiles].map(readKeyFile));
  if (!newest) throw new Error('no master key');
  const first = old.at(-1);
  const root = newest.root ?? first?.root ?? first?.secret;
  return keyRing(
    masterKeyFrom(newest.secret, root),
    old.map((one) => masterKeyFrom(one.secret, one.root ?? first?.root ?? first?.secret)),
  );
}

/** Writes a new master key file that carries the root of an existing one; never over a file that is there. */
export async function makeNextMasterKey(file: string, from: string): Promise<void> {
  if (
    await access(file).then(
      () => true,
      () => false,
    )
  )
    throw new Error('the new key file is there already');
  const { secret, root } = await readKeyFile(from);
  await makeMasterKey(file, root ?? secret);
}
