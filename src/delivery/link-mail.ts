import type { Directory } from '../referral/directory/directory.ts';
import { isLive, type Link } from '../referral/link.ts';
import { linkById, linkCode, linksOf, linkToken } from '../store/access/links.ts';
import type { Claimed } from '../store/outbox/outbox.ts';
import type { Store } from '../store/store.ts';
import type { Parcel } from './connector.ts';
import { Failure } from './failure.ts';

type Carrying = Pick<Claimed, 'document' | 'practice' | 'journey'>;

/** `Link` and `LinkCode` name the link itself, `LinkOver` the Task that it was for. */
const about = ({ document }: Pick<Claimed, 'document'>) =>
  document?.type === 'Link' || document?.type === 'LinkCode' || document?.type === 'LinkOver' ? document : undefined;

async function linkOf(store: Store, claimed: Carrying): Promise<Link | undefined> {
  const document = about(claimed);
  if (document?.type !== 'LinkOver') return document && linkById(store, document.id);
  return (await linksOf(store, claimed.practice, claimed.journey)).findLast((one) => one.subject === document.id);
}

/** A mail about a link that was revoked, replaced or used meanwhile does not go any more; nor that one is over which nobody got. */
export async function linkEnded(store: Store, claimed: Carrying): Promise<boolean> {
  const document = about(claimed);
  if (!document) return false;
  const link = await linkOf(store, claimed);
  return !link || (document.type !== 'LinkOver' && !isLive(link, store.clock()));
}

/**
 * The mail that carries a link, its code, or that it is over: each to the address that the directory has for it (H12).
 * Undefined for any other mail. Throws Failure when there is no address.
 */
export async function linkMail(
  store: Store,
  { teams, practices }: Directory,
  claimed: Carrying & Pick<Claimed, 'recipient'>,
): Promise<Parcel['mail']> {
  const document = about(claimed);
  if (!document) return undefined;
  const link = await linkOf(store, claimed);
  const team = teams.get(claimed.recipient);
  const isCode = document.type === 'LinkCode';
  const to = (isCode && team?.codeEmail) || team?.email || practices.get(claimed.recipient)?.email;
  if (!to || !link) throw new Failure('permanent', 'no-address');
  if (isCode) return { to, role: 'code', code: linkCode(store.master, link.id) };
  return {
    to,
    role: document.type === 'Link' ? 'link' : 'over',
    link: `/link/${linkToken(store.master, link.id)}`,
  };
}
