/** One request to create a Communication, as the receiver's own log has it. Times in milliseconds of one clock. */
export interface Posted {
  /** `system|value` of the message's identifier. */
  readonly key: string;
  readonly arrivedMs: number;
  /** When a new letter stood in the record; absent when this request made none. */
  readonly effectMs?: number;
}

/** One question whether a message is there, answered. */
export interface Asked {
  readonly key: string;
  readonly beganMs: number;
  readonly found: boolean;
}

export interface Effects {
  /** Messages that stand in the record. */
  readonly messages: number;
  /** Effects beyond the first that no late request explains: each is a broken promise. */
  readonly twice: readonly string[];
  /** Effects beyond the first of a request that was under way when the receiver said "not there", and ended after it. */
  readonly late: number;
}

function byKey<T extends { readonly key: string }>(all: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) {
    const known = found.get(one.key);
    if (known) known.push(one);
    else found.set(one.key, [one]);
  }
  return found;
}

/**
 * Tells effects that came twice apart by the receiver's own times. A request is late when it had arrived before a
 * question that was answered with "not there", and had its effect after it: whoever asks cannot know of it.
 */
export function judgeEffects(posted: readonly Posted[], asked: readonly Asked[]): Effects {
  const questions = byKey(asked);
  const twice: string[] = [];
  let messages = 0;
  let late = 0;
  for (const [key, requests] of byKey(posted)) {
    const effects = requests.flatMap(({ arrivedMs, effectMs }) =>
      effectMs === undefined ? [] : [{ arrivedMs, effectMs }],
    );
    if (effects.length > 0) messages += 1;
    if (effects.length < 2) continue;
    const lates = effects.filter(({ arrivedMs, effectMs }) =>
      questions.get(key)?.some(({ beganMs, found }) => !found && arrivedMs < beganMs && beganMs < effectMs),
    );
    const more = effects.length - 1;
    late += Math.min(more, lates.length);
    for (let nth = lates.length; nth < more; nth += 1) twice.push(key);
  }
  return { messages, twice, late };
}

/** Pairs of messages whose second had its first effect before the first one had: the order of a journey is broken. */
export function outOfOrder(
  posted: readonly Posted[],
  pairs: readonly (readonly [first: string, second: string])[],
): (readonly [string, string])[] {
  const first = new Map<string, number>();
  for (const { key, effectMs } of posted)
    if (effectMs !== undefined) first.set(key, Math.min(effectMs, first.get(key) ?? Number.POSITIVE_INFINITY));
  return pairs.filter(([one, other]) => !((first.get(one) ?? Number.NaN) < (first.get(other) ?? Number.NaN)));
}
