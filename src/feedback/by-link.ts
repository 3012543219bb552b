import type { Actor } from '../referral/actor.ts';
import type { AuditLine, Change } from '../referral/change.ts';
import { renewalDue } from '../referral/consent.ts';
import { onwardWaits } from '../referral/consent-waits.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Journey } from '../referral/journey.ts';
import { organizationsAtWork } from '../referral/lead.ts';
import { isOpen, openQuestionsOf, transition } from '../referral/lifecycle/lifecycle.ts';
import { type Link, type LinkPurpose, linkEnd, linkTriesMax, mayHavePage, residentLink } from '../referral/link.ts';
import { practiceNotice } from '../referral/receive.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { type Acting, auditOf, step } from './moves.ts';
import { renewalFirst } from './renew-consent.ts';
import { tellOwner } from './tell.ts';

/**
 * A link for who has no account, and the mail without content that carries it: for one Task or one question, and until
 * a day. A former one for the same ends with it (H12).
 */
export function linkTo(
  purpose: Exclude<LinkPurpose, 'resident'>,
  subject: string,
  recipient: string,
  acting: Acting,
): Required<Pick<Change, 'links' | 'outbox'>> {
  const id = acting.newId();
  const expiresAt = linkEnd(purpose, acting.now);
  return {
    links: [{ to: 'made', id, purpose, subject, recipient, by: acting.actor.id, expiresAt }],
    outbox: [
      { messageId: acting.newId(), kind: 'notify', destination: 'mail', recipient, document: { type: 'Link', id } },
    ],
  };
}

/** Who has the work at an organisation now, by a consent of its own that stands (H9); undefined when nobody has. */
export const workAt = (journey: Journey, task: string) =>
  isOpen(journey.task.resource.status ?? '')
    ? organizationsAtWork(journey).find((one) => one.task === task)
    : undefined;

/** Whether what a link is for is still so: it dies with the work, the consent or the question (H10). */
export function stillAsked(journey: Journey, { purpose, subject }: Pick<Link, 'purpose' | 'subject'>): boolean {
  if (purpose === 'onward') return workAt(journey, subject) !== undefined;
  if (purpose === 'question') return openQuestionsOf(journey).some(({ id }) => id === subject);
  // H2, H6: nothing for the resident to find, or for someone beside them; also when that was corrected since.
  return mayHavePage(journey.index) && journey.consent.resource.status !== 'inactive';
}

/**
 * Why what a link opens shows nothing now (H6): consent waits to be asked anew, of the referral or for this organisation. It
 * opens again by itself when that was done.
 */
export function linkWaits(journey: Journey, { purpose, subject }: Pick<Link, 'purpose' | 'subject'>, now: Date) {
  if (purpose === 'resident') return undefined;
  const day = localDay(now);
  return purpose === 'onward' ? onwardWaits(journey, subject, day) : renewalDue(journey, day);
}

const gone = refuse(
  issue('conflict', 'not-in-this-state', 'task', {
    nl: 'Deze organisatie is al klaar, of kreeg de vraag niet.',
    en: 'This organisation has finished already, or was not asked.',
  }),
);
const notYours = refuse(
  issue('forbidden', 'not-yours', 'Task.owner', {
    nl: 'U mag dit niet doen bij deze verwijzing: zij is nu van iemand anders.',
    en: 'You may not do this with this referral: it now belongs to someone else.',
  }),
);
const noAddress = refuse(
  issue('business-rule', 'no-address', 'organization', {
    nl: 'Van deze organisatie staat geen e-mailadres in de adreslijst. Bel haar, en noteer wat zij zegt.',
    en: 'The directory has no e-mail address of this organisation. Call it, and note what it says.',
  }),
);

/** The owner and the own team lead decide about links; the work itself does not move. */
function permitted(
  journey: Journey,
  { actor }: Acting,
): { readonly status: Parameters<typeof step>[1]['status'] } | Refusal {
  const { status = 'requested' } = journey.task.resource;
  if (actor.role === 'team-lead' && actor.organization === journey.index.team) return { status };
  const row = transition(journey, 'hear-onward', actor);
  return isRefusal(row) ? row : { status: row.status };
}

/** The link to an organisation once more, anew; the former one opens nothing from then on. */
export function sendLinkAnew(journey: Journey, task: string, acting: Acting): Change | Refusal {
  const row = permitted(journey, acting);
  if (isRefusal(row)) return row;
  const at = workAt(journey, task);
  if (!at) return gone;
  const due = renewalFirst(journey, acting.now);
  if (due) return due;
  if (!acting.directory.teams.get(at.organization)?.email) return noAddress;
  return step(journey, row, 'link-sent', acting, { rest: linkTo('onward', task, at.organization, acting) });
}

/** The link opens nothing any more; the question itself stays asked. */
export function revokeLink(journey: Journey, task: string, acting: Acting): Change | Refusal {
  const row = permitted(journey, acting);
  if (isRefusal(row)) return row;
  if (!journey.children.some((one) => one.resource.id === task)) return gone;
  return step(journey, row, 'link-revoked', acting, {
    rest: { links: [{ to: 'ended', subject: task, why: 'revoked' }] },
  });
}

/** Who has it, or someone of its practice. */
export const isOwn = ({ index, practice }: Journey, actor: Actor): boolean =>
  actor.role === 'wally'
    ? index.owner === actor.id && !index.barred.includes(actor.id)
    : actor.role === 'practice' && actor.organization === practice;

const about = (journey: Journey, audit: AuditLine, link: Link): Pick<Change, 'scope' | 'journey' | 'audit'> => ({
  scope: { practice: journey.practice },
  journey: journey.id,
  audit: [{ ...audit, object: `Link/${link.id}` }],
});

/** A wrong code: counted and audited; after the fifth the link is dead, and whoever has the referral is told (H12). */
export function wrongCode(journey: Journey, link: Link, acting: Acting): Change {
  const isLast = link.tries + 1 >= linkTriesMax;
  const line = auditOf(isLast ? 'link-closed' : 'link-code-wrong', journey, acting, 'E');
  return {
    ...about(journey, { ...line, outcome: 'refused' }, link),
    links: [{ to: 'tried', id: link.id, tries: link.tries }],
    ...(isLast && link.purpose !== 'resident' && { outbox: tellOwner(journey, acting) }),
  };
}

/** The right code; `session`: what lets its holder in from now, and until when. */
export function rightCode(
  journey: Journey,
  link: Link,
  acting: Acting,
  session?: { readonly hash: Uint8Array; readonly until: string },
): Change {
  return {
    ...about(journey, auditOf('link-opened', journey, acting, 'R'), link),
    links: [{ to: 'opened', id: link.id, tries: link.tries, ...(session && { session }) }],
  };
}

/** Its code goes by a mail of its own to the address that the directory has, whoever holds the link. */
export function mailCode(journey: Journey, link: Link, acting: Acting): Change {
  const { id, recipient, codes } = link;
  return {
    ...about(journey, auditOf('link-code-mailed', journey, acting, 'E'), link),
    links: [{ to: 'code-mailed', id, codes }],
    outbox: [
      {
        messageId: acting.newId(),
        kind: 'notify',
        destination: 'mail',
        recipient,
        document: { type: 'LinkCode', id },
      },
    ],
  };
}

/** The resident wants to object: the Wally and the practice are told without content, and one of them calls (GDPR 21). */
export function askToObject(journey: Journey, acting: Acting): Change {
  const { directory, newId, now } = acting;
  return {
    scope: { practice: journey.practice },
    journey: journey.id,
    events: [{ kind: 'objection-asked', at: now.toISOString() }],
    outbox: [...tellOwner(journey, acting), ...practiceNotice(directory.practices.get(journey.practice), newId)],
    audit: [auditOf('objection-asked', journey, acting, 'E')],
  };
}

/** The objection, put on record by the practice or by who has the referral, after a talk with the resident. */
export function objected(journey: Journey, acting: Acting): Change | Refusal {
  if (!isOwn(journey, acting.actor)) return notYours;
  return {
    scope: { practice: journey.practice },
    journey: journey.id,
    keeping: { to: 'objected', at: acting.now.toISOString() },
    audit: [auditOf('objection-noted', journey, acting, 'U')],
  };
}

/** Whether this person may make a code for the resident: who has it, or the practice (H2, H6). */
export const mayMakeCode = (journey: Journey, actor: Actor): boolean =>
  isOwn(journey, actor) && isOpen(journey.task.resource.status ?? '') && mayHavePage(journey.index);

/** A code for the resident's own page, by the Wally who has it or the practice; a former one ends. Never when home is not safe (H2). */
export function codeForResident(journey: Journey, acting: Acting): Change | Refusal {
  const { actor } = acting;
  if (!mayMakeCode(journey, actor))
    return refuse(
      issue('forbidden', 'no-page-for-resident', 'Task', {
        nl: 'Voor deze verwijzing kan geen code worden gemaakt.',
        en: 'No code can be made for this referral.',
      }),
    );
  const { id: task, status = 'requested' } = journey.task.resource;
  return step(journey, { status }, 'resident-code-made', acting, {
    rest: { links: [residentLink({ id: acting.newId(), task, by: actor.id, now: acting.now })] },
  });
}
