import type { JourneyIndex } from './journey.ts';

/** For what one may come in without an account: a Task at an organisation, a question to a practice, or only to look. */
export type LinkPurpose = 'onward' | 'question' | 'resident';

/** H12: after so many wrong answers it is over. */
export const linkTriesMax = 5;
/** How often its code is mailed: a mailbox is no place to be flooded. */
export const linkCodesMax = 3;
const linkDays: Record<LinkPurpose, number> = { onward: 28, question: 14, resident: 365 };

/** The last moment of a link that is made now (ISO 8601); content that goes earlier takes it along. */
export function linkEnd(purpose: LinkPurpose, now: Date): string {
  return new Date(now.getTime() + linkDays[purpose] * 86_400_000).toISOString();
}

/** What happens to a link; token and code are no part of it, they are made from the id where they are needed. */
export type LinkMove =
  /** Anew: a former one for the same is over from then on. */
  | {
      readonly to: 'made';
      readonly id: string;
      readonly purpose: LinkPurpose;
      readonly subject: string;
      readonly recipient: string;
      readonly by: string;
      readonly expiresAt: string;
    }
  /** A wrong answer more; stale when there was another since `tries`. */
  | { readonly to: 'tried'; readonly id: string; readonly tries: number }
  /** The right answer: until then whoever holds the session comes in. */
  | {
      readonly to: 'opened';
      readonly id: string;
      readonly tries: number;
      readonly session?: { readonly hash: Uint8Array; readonly until: string };
    }
  /** Heard from, and not finished: what lives for the same works until a later moment. */
  | { readonly to: 'prolonged'; readonly subject: string; readonly expiresAt: string }
  | { readonly to: 'code-mailed'; readonly id: string; readonly codes: number }
  | { readonly to: 'ended'; readonly subject: string; readonly why: 'used' | 'revoked' };

/**
 * Whether a resident can have a page at all: never when home is not safe (H2), nor a child: a parent reads no page about it
 * by default (H6).
 */
export const mayHavePage = ({ unsafeContact, ageBand }: Pick<JourneyIndex, 'unsafeContact' | 'ageBand'>): boolean =>
  !unsafeContact && ageBand !== '0-11' && ageBand !== '12-17';

/** A code for the resident's own page; a former one for the same Task ends with it. */
export const residentLink = (of: {
  readonly id: string;
  readonly task: string;
  readonly by: string;
  readonly now: Date;
}): LinkMove => ({
  to: 'made',
  id: of.id,
  purpose: 'resident',
  subject: of.task,
  recipient: 'resident',
  by: of.by,
  expiresAt: linkEnd('resident', of.now),
});

/** A link as it is kept. */
export interface Link {
  readonly id: string;
  readonly practice: string;
  readonly journey: string;
  readonly purpose: LinkPurpose;
  readonly subject: string;
  readonly recipient: string;
  readonly madeAt: Date;
  readonly expiresAt: Date;
  readonly tries: number;
  readonly codes: number;
  readonly openedAt: Date | null;
  readonly endedWhy: 'used' | 'revoked' | 'replaced' | 'tries' | null;
}

export type LinkState = 'sent' | 'opened' | 'used' | 'revoked' | 'replaced' | 'tries' | 'expired';

export function linkState(link: Link, now: Date): LinkState {
  if (link.endedWhy) return link.endedWhy;
  if (link.expiresAt <= now) return 'expired';
  return link.openedAt ? 'opened' : 'sent';
}

export const isLive = (link: Link, now: Date): boolean => ['sent', 'opened'].includes(linkState(link, now));
