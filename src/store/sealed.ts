import { open, seal } from './keys.ts';

/** What a document's seal is bound to, so that no row can be put in another's place. */
export function documentContext(practice: string, type: string, id: string, version: number): string {
  return `${practice}|${type}|${id}|${version}`;
}

/** What the first answer to a message is bound to. */
export const answerContext = (practice: string, journey: string): string => `${practice}|answer|${journey}`;

/** What the words of an attempt's other side are bound to. */
export const saidContext = (delivery: string, lease: string): string => `attempt|${delivery}|${lease}`;

/** What the seal of a copy is bound to, so that no row can be put in the place of another. */
export const copyContext = (destination: string, journey: string): string => `${destination}|copy|${journey}`;

/** Seals a JSON document. */
export const sealJson = (key: Buffer, plain: unknown, context: string): Buffer =>
  seal(key, Buffer.from(JSON.stringify(plain)), context);

/** Opens a sealed JSON document. */
export function openJson<T>(key: Buffer, sealed: Buffer, context: string): T {
  return JSON.parse(open(key, sealed, context).toString('utf8')) as T;
}
