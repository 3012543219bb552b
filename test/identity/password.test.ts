import { expect, test } from 'vitest';
import { hashPassword, passwordLengthMax, verifyPassword } from '../../src/identity/password.ts';

test('a password fits what was kept of it, and nothing else does', async () => {
  const stored = await hashPassword('Zeven sloten tegelijk');
  expect(stored).toMatch(/^scrypt\$15\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
  expect(await verifyPassword('Zeven sloten tegelijk', stored)).toBe(true);
  expect(await verifyPassword('zeven sloten tegelijk', stored)).toBe(false);
  expect(await verifyPassword('', stored)).toBe(false);
});

test('the same password is kept differently each time', async () => {
  expect(await hashPassword('zelfde')).not.toBe(await hashPassword('zelfde'));
});

test('the same letters typed on another keyboard are the same password', async () => {
  expect(await verifyPassword('cafe\u0301', await hashPassword('caf\u00e9'))).toBe(true);
});

test('parameters are read from the text: what was made with others still fits', async () => {
  const older = 'scrypt$14$8$1$AAAAAAAAAAAAAAAAAAAAAA$';
  const { scryptSync } = await import('node:crypto');
  const hash = scryptSync('oud', Buffer.alloc(16), 32, { N: 2 ** 14, r: 8, p: 1 }).toString('base64url');
  expect(await verifyPassword('oud', older + hash)).toBe(true);
  expect(await verifyPassword('nieuw', older + hash)).toBe(false);
});

test('an unknown user, a text we cannot read and a text too costly to read are a no', async () => {
  const zero = Buffer.alloc(32).toString('base64url');
  const stored = [undefined, '', 'plain', `scrypt$30$8$1$AAAAAAAAAAAAAAAAAAAAAA$${zero}`, 'scrypt$15$8$3$$'];
  for (const one of stored) expect(await verifyPassword('iets', one)).toBe(false);
});

test('more than anybody types is a no, also when its beginning is right', async () => {
  const long = 'a'.repeat(passwordLengthMax);
  const stored = await hashPassword(long);
  expect(await verifyPassword(long, stored)).toBe(true);
  expect(await verifyPassword(`${long}b`, stored)).toBe(false);
});
