/** A content-free event of a journey, as it is kept after the content is gone. */
export interface PastEvent {
  readonly journey: string;
  readonly practice: string;
  readonly kind: string;
  readonly at: Date;
  /** The day that it was about (H13). */
  readonly on: string | null;
  readonly owner: string | null;
  readonly team: string | null;
  readonly outcome: string | null;
  readonly ageBand: string | null;
  readonly lifeAreas: readonly string[] | null;
}
