const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const base = BigInt(alphabet.length);
const uuid7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7([0-9a-f]{3})-([89ab])([0-9a-f]{3})-([0-9a-f]{12})$/;

/**
 * A message id (UUIDv7) as MSH-10, which until HL7 2.7 holds 20 characters: its 48 bits of time and 74 of chance, without
 * the 6 that every UUIDv7 has, in base 62. Fits until the year 3084. Throws for an id that is no UUIDv7: a bug.
 */
export function toControlId(messageId: string): string {
  const found = uuid7.exec(messageId.toLowerCase());
  if (!found) throw new Error('a message id that is no UUIDv7');
  const [, high = '', low = '', a = '', variant = '', b = '', node = ''] = found;
  const time = BigInt(`0x${high}${low}`);
  let bits = (time << 12n) | BigInt(`0x${a}`);
  bits = (bits << 2n) | (BigInt(`0x${variant}`) & 3n);
  bits = (bits << 60n) | BigInt(`0x${b}${node}`);
  let out = '';
  for (let n = 0; n < 20; n += 1) {
    out = (alphabet[Number(bits % base)] ?? '') + out;
    bits /= base;
  }
  return out;
}

/** The message id behind one of our control ids; undefined for any other text. */
export function fromControlId(controlId: string): string | undefined {
  if (!/^[0-9A-Za-z]{20}$/.test(controlId)) return undefined;
  let bits = 0n;
  for (const one of controlId) bits = bits * base + BigInt(alphabet.indexOf(one));
  const hex = (value: bigint, digits: number) => value.toString(16).padStart(digits, '0');
  const tail = hex(bits & ((1n << 60n) - 1n), 15);
  const variant = hex(((bits >> 60n) & 3n) | 8n, 1);
  const a = hex((bits >> 62n) & 0xfffn, 3);
  const time = hex(bits >> 74n, 12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${a}-${variant}${tail.slice(0, 3)}-${tail.slice(3)}`;
}
