/** What a subscription may be about: the types whose changes are the work of somebody else. */
export const followedTypes = ['Task', 'Communication', 'ServiceRequest'] as const;
export type FollowedType = (typeof followedTypes)[number];

/** What a system asked: to be told at an address that something that answers a search has changed. */
export interface SubscriptionEntry {
  /** `Task?status=requested`: a search of that type, without who someone is. */
  readonly criteria: string;
  readonly endpoint: string;
  /** As they were given, `Name: value`; secrets stand in them. */
  readonly headers: readonly string[];
  /** A Bundle with ids goes along; otherwise the body is empty. */
  readonly idOnly: boolean;
  readonly reason: string;
  readonly endsAt?: string;
}

/** One number of a subscription: which resource changed, and when. */
export interface SubscriptionEvent {
  readonly number: number;
  readonly type: FollowedType;
  readonly resource: string;
  readonly at: string;
}

/** What happens to a subscription. `version` is the one that is replaced; a stale one changes nothing. */
export type SubscriptionMove =
  /** Asked for, anew or again: `handshake` is the message that must get a yes before it counts. */
  | {
      readonly to: 'requested';
      readonly id: string;
      /** 0 for a new one. */
      readonly version: number;
      readonly client: string;
      readonly type: FollowedType;
      readonly endsAt?: string;
      readonly sealed: Uint8Array;
      readonly handshake: string;
    }
  /** The handshake got its yes; nothing when another was asked for since. */
  | { readonly to: 'active'; readonly id: string; readonly handshake: string }
  | { readonly to: 'error'; readonly id: string; readonly code: string }
  | { readonly to: 'off'; readonly id: string }
  /** Changes up to a number were looked at, and these are told; stale when another was at it. */
  | {
      readonly to: 'followed';
      readonly id: string;
      readonly from: number;
      readonly upTo: number;
      readonly events: readonly SubscriptionEvent[];
    };
