import type { Proof } from './directory/channels.ts';
import type { OutboxRow } from './outbox-row.ts';

/** A failed attempt that counts against its destination (delivery/breaker.ts); PostgreSQL keeps the count. */
export interface Strike {
  /** This many in a row open the breaker. */
  readonly opensAt: number;
  /** For how long it opens: the first time, the second time in a row, and so on; the last one stays. */
  readonly openForMs: readonly number[];
}

/** How an attempt failed: for its own history, and what it says about the destination. */
interface Failed {
  readonly id: string;
  readonly lease: string;
  readonly code: string;
  readonly ambiguous: boolean;
  readonly outcome?: 'transient' | 'ambiguous' | 'permanent';
  readonly strike?: Strike;
  /** Nothing goes to this destination for so long: it asked for that. */
  readonly holdMs?: number;
}

/** What happens to a delivery. `lease` names the attempt: a stale one changes nothing. */
export type DeliveryMove =
  | {
      readonly to: 'landed' | 'sent';
      readonly id: string;
      readonly lease: string;
      readonly proof: Proof;
      readonly at: string;
      readonly lookAgainInMs?: number;
    }
  /** `untried`: it was not offered to the other side at all; their patience begins when it is. */
  | (Failed & { readonly to: 'pending'; readonly retryInMs: number; readonly untried?: true })
  | (Failed & { readonly to: 'held' })
  /** A person's retry of a held or waiting delivery: a new generation, at once. `job`: of a press for many. */
  | { readonly to: 'retry'; readonly id: string; readonly job?: string }
  /** Set aside by a person until it is released: for later, or because the practice is called instead. */
  | { readonly to: 'parked'; readonly id: string; readonly reason: 'parked' | 'to-call'; readonly job?: string }
  | { readonly to: 'released'; readonly id: string; readonly job?: string }
  /** Put back as it was before a person's last press, or that of a job; stale when anything has happened since. */
  | { readonly to: 'undone'; readonly id: string; readonly job?: string }
  /** Given up by the attempt that holds it (`lease`) or by a person (no lease). Never a landed one. */
  | {
      readonly to: 'abandoned';
      readonly id: string;
      readonly lease?: string;
      readonly reason: string;
      /** What the last attempt ended in, where that is why. */
      readonly code?: string;
    }
  /** Everything of these kinds that is not under way: taken back, or a newer assignment took its place. */
  | { readonly to: 'abandon-all'; readonly kinds: readonly OutboxRow['kind'][]; readonly reason: string };

/**
 * What a person asks of a destination. `paused`: nothing goes until `resumed`, which ends draining and waiting too and
 * closes its breaker; `draining`: only what is there already; `down`: one probe at a time without losing patience, until the
 * first receipt; `retries-off`: what was tried before waits for a person.
 */
export type DestinationMove =
  | {
      readonly id: string;
      readonly to: 'paused' | 'resumed' | 'draining' | 'down' | 'retries-off' | 'retries-on' | 'window-off';
    }
  /** As it was before the last of these; stale when that is a day ago, or was undone. */
  | { readonly id: string; readonly to: 'undone' }
  /** Maintenance that was announced: nothing goes between two moments (ISO). */
  | { readonly id: string; readonly to: 'window'; readonly from: string; readonly until: string }
  /** Of a case system: changes up to a number were looked at; stale when another was at it. Null: it begins here. */
  | { readonly id: string; readonly to: 'followed'; readonly after: number | null; readonly upTo: number }
  /** Of a case system: it was asked what changed there, and answered; or it did not, which counts as a failed attempt. */
  | { readonly id: string; readonly to: 'answered' }
  | { readonly id: string; readonly to: 'silent'; readonly strike?: Strike; readonly holdMs?: number };
