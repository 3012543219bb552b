import type { Loss } from '../../src/referral/referral.ts';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const plain = /^[A-Za-z_][\w-]{0,63}$/;

/** A path as refusals of this format say it: `patient.phones[1]`; a name that would be unreadable stands in quotes, cut. */
export function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((out, step) => {
    if (typeof step === 'number') return `${out}[${step}]`;
    const name = String(step);
    if (!plain.test(name)) return `${out}[${JSON.stringify(name.slice(0, 64))}]`;
    return out === '' ? name : `${out}.${name}`;
  }, '');
}

/** What was received and the contract does not know, as losses: `read` is the same message without it. */
export function lossesOf(received: unknown, read: unknown, path: readonly PropertyKey[] = []): Loss[] {
  if (Array.isArray(received) && Array.isArray(read))
    return received.flatMap((one, n) => lossesOf(one, read[n], [...path, n]));
  if (!isObject(received) || !isObject(read)) return [];
  return Object.entries(received).flatMap(([name, one]): Loss[] => {
    const here = [...path, name];
    if (Object.hasOwn(read, name)) return lossesOf(one, read[name], here);
    return one === null ? [] : [{ path: pathOf(here), why: 'kept-with-source' }];
  });
}
