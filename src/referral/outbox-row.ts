/** One thing to send, for whom and by which way; no content. */
export interface OutboxRow {
  readonly messageId: string;
  readonly kind: 'worklist' | 'notify' | 'feedback' | 'alarm' | 'subscription' | 'case';
  /**
   * `worklist`, `mail`, `subscription:<id>`, `case:<organisation>`, `case:role/<Wally>`, `practice:<id>` or, of a later
   * channel, `practice:<id>/<endpoint>`: what the window, the breaker and the order are kept for.
   */
  readonly destination: string;
  /** Role or team id (worklist, mail, case) or practice id: whom it is for there. */
  readonly recipient: string;
  /** The document it carries; its bytes are read at sending, never copied into the outbox. */
  readonly document?: { readonly type: string; readonly id: string };
  readonly assignment?: number;
  /** Not to be delivered earlier than this after the commit; counted by PostgreSQL's clock. */
  readonly delayMs?: number;
}
