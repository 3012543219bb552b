import { cleanText } from '../../src/fhir/narrative.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import { issue } from '../../src/referral/refusal.ts';

export type Json = Readonly<Record<string, unknown>>;

/** No base definitions of STU3 stand before this mapping: what is read before the contract may have any form. */
export function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** The objects of a list; nothing when it is none. */
export function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf).filter((one) => one !== undefined) : [];
}

/** A text with something in it. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** `a`, 0, `b` as `a[0].b`. */
export function pathOf(root: string, steps: readonly PropertyKey[]): string {
  return steps.reduce<string>(
    (out, step) => (typeof step === 'number' ? `${out}[${step}]` : `${out}.${String(step)}`),
    root,
  );
}

const limits = { depth: 64, nodes: 50_000 };

/** What no part of a message may be: nested or branched beyond reason, or text that cannot be stored. The first three. */
export function unfit(message: unknown, root: string): Issue[] {
  const found: Issue[] = [];
  let nodes = 0;
  const walk = (value: unknown, path: string, depth: number): void => {
    nodes += 1;
    if (found.length >= 3) return;
    if (depth > limits.depth || nodes > limits.nodes) {
      found.push(
        issue('structure', 'too-deep', root, {
          nl: 'Dit bericht zit te ingewikkeld in elkaar: wij kunnen het niet lezen.',
          en: 'This message is too complicated for us to read.',
        }),
      );
      nodes = Number.NEGATIVE_INFINITY;
    } else if (typeof value === 'string' && !cleanText(value)) {
      found.push(
        issue('value', 'control-characters', path, {
          nl: 'In deze tekst staan tekens die geen tekst zijn. Haal ze weg en stuur het bericht opnieuw.',
          en: 'This text holds characters that are no text. Remove them and send the message again.',
        }),
      );
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value))
        walk(one, pathOf(path, [Array.isArray(value) ? Number(key) : key]), depth + 1);
    }
  };
  walk(message, root, 0);
  return found;
}
