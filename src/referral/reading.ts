/** With which mapping a message was read, and what of it that did not carry: no content, so it stays when that is gone. */
export interface Reading {
  /** `name@version+hash`: its folder, the version that it says, and the hash of its files. */
  readonly mapping: string;
  /** `why place`, each once, without numbers. */
  readonly lost: readonly string[];
}

/** A place as its sender's message names it; `?` when its name could be a value that strayed into the place of a name. */
export const placeName = (path: string): string =>
  /^[\w.[\]()^:,/ -]{0,200}$/.test(path) && !/\d{6}/.test(path) ? path : '?';
