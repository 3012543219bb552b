/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 to `below`, that one not. */
  readonly int: (below: number) => number;
  readonly pick: <T>(all: readonly T[]) => T;
  readonly chance: (oneIn: number) => boolean;
}

/** SplitMix32: each (seed, nth) is a row of its own, so one mutant can be made again without those before it. */
export function randomOf(seed: number, nth: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(nth + 1, 0x85ebca6b)) >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const int = (below: number) => (below <= 1 ? 0 : next() % below);
  return {
    int,
    pick: (all) => {
      const one = all[int(all.length)];
      if (one === undefined) throw new Error('nothing to pick from');
      return one;
    },
    chance: (oneIn) => int(oneIn) === 0,
  };
}
