/** For whom a system acts: which kind of party, and for practices, teams and Wallys which one. */
export type ClientKind = 'practice' | 'team' | 'wally' | 'coordinator' | 'administrator';

/** A system that gets tokens (SMART Backend Services), as an administrator registers it. */
export interface ClientEntry {
  readonly id: string;
  readonly name: string;
  readonly kind: ClientKind;
  /** Practice, Wally organisation or PractitionerRole of the directory. */
  readonly party?: string;
  /** SMART scopes it may ask for. */
  readonly scopes: readonly string[];
  /** Its public keys, or where they are; neither where an external issuer vouches for it. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly jwksUrl?: string;
}

export type ClientMove =
  | { readonly to: 'registered' | 'changed'; readonly client: ClientEntry; readonly at: string; readonly by: string }
  | { readonly to: 'revoked'; readonly id: string; readonly at: string };
