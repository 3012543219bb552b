import { createHash } from 'node:crypto';

const uuid = /^([0-9a-f]{8})-([0-9a-f]{4})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * A UUIDv7 made from another one and a name: the same two always give the same one, so a repeat makes nothing new. It
 * keeps the moment of the first. Throws for a text that is no UUID: a bug.
 */
export function derivedId(id: string, name: string): string {
  const found = uuid.exec(id);
  if (!found) throw new Error('an id that is no UUID');
  const hash = createHash('sha256').update(`${id.toLowerCase()}|${name}`).digest('hex');
  const variant = ((Number.parseInt(hash[3] ?? '0', 16) & 3) | 8).toString(16);
  const random = `7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
  return `${found[1]}-${found[2]}-${random}`.toLowerCase();
}
