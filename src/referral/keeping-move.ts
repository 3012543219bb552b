/**
 * What decides how long the content of a journey is kept. `erased` destroys its key, and is stale while the work is open,
 * something of it is still to be sent, or it is held (H16); `forget`: the person cannot be looked up there any more either.
 */
export type KeepingMove =
  /** It stands in the receiver's own record: confirmed by a person there, or handed over as an export. */
  | { readonly to: 'transferred'; readonly at: string; readonly by: string }
  /** That was said too early. */
  | { readonly to: 'not-transferred' }
  /** A legal hold; `reference` says where its reason is filed, never what it is. */
  | { readonly to: 'held'; readonly at: string; readonly reference: string }
  | { readonly to: 'released' }
  | { readonly to: 'objected'; readonly at: string }
  | { readonly to: 'erased'; readonly at: string; readonly forget: boolean };
