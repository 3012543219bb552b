/** With what others knock here, and we elsewhere. Of a bearer credential only the hash; a secret is sealed already. */
export type CredentialMove =
  | {
      readonly to: 'given';
      /** SHA-256 of the credential. */
      readonly hash: Uint8Array;
      readonly practice: string;
      /** The sending application: with the practice's own number it is what a message is known again by. */
      readonly application: string;
      readonly at: string;
    }
  /** By the beginning of its hash; stale when there is none such, or it was revoked before. */
  | { readonly to: 'revoked'; readonly id: string; readonly at: string }
  | { readonly to: 'secret'; readonly destination: string; readonly sealed: Uint8Array };
