/** One administrator, one journey, until a moment; the reason is sealed by store/access/breaks. */
export interface BreakGlass {
  readonly id: string;
  readonly actor: { readonly id: string; readonly name: string };
  readonly reason: Uint8Array;
  readonly openedAt: string;
  readonly expiresAt: string;
}
