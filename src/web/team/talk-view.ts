import type { Said } from '../../fhir/outcome.ts';
import type { Actor } from '../../referral/actor.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Directory, Practice } from '../../referral/directory/directory.ts';
import { participantsOf, type Talk, wallysOfPractice, withoutTalk } from '../../referral/talk.ts';
import { readTalks } from '../../store/talks.ts';
import { csrfField, type Visit } from '../acting.ts';
import type { Fault } from '../form-controls.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import { facts } from '../journey/referral-view.ts';
import type { Viewer } from '../page.ts';
import type { Site } from '../site.ts';
import { agendaOf, agendaPart } from './talk-agenda.ts';
import { type TalkFields, talkForm } from './talk-form.ts';

/** Where each of the three has the pages of talks. */
export const areaOf = { wally: '/worklist', 'team-lead': '/team', practice: '/practice' } as const;
export type Reader = keyof typeof areaOf;
const isReader = (role: Actor['role']): role is Reader => role in areaOf;
/** The area of who looks; empty for who has no talks. */
export const areaFor = ({ actor }: Viewer) => (isReader(actor.role) ? areaOf[actor.role] : '');

/** The practices whose talks are this person's: the own one, those she looks after, those of the team. */
export function practicesOf({ actor }: Viewer, directory: Directory): Practice[] {
  const served = [...directory.practices.values()].filter((one) => one.service !== undefined);
  if (actor.role === 'practice') return served.filter((one) => one.id === actor.organization);
  if (actor.role === 'team-lead') return served.filter((one) => one.service?.team === actor.organization);
  return served.filter((one) => wallysOfPractice(directory, one).some((role) => role.id === actor.id));
}

const statusSaid: Record<string, Said> = {
  booked: { nl: 'gepland', en: 'planned' },
  fulfilled: { nl: 'gehouden', en: 'held' },
  cancelled: { nl: 'afgezegd', en: 'cancelled' },
};
const notPlannedSaid: Said = { nl: 'Nog niet gepland dit kwartaal', en: 'Not planned yet this quarter' };

export interface Typed {
  readonly fields: TalkFields;
  readonly faults: readonly Fault[];
  /** The talk that it would move. */
  readonly talk?: string;
}

/** One talk: when, where, with whom; as long as it stands, what may be done with it. */
function talkItem(
  talk: Talk,
  at: { directory: Directory; practice: Practice; viewer: Viewer; now: Date },
  typed?: Typed,
) {
  const { directory, practice, viewer, now } = at;
  const t = sayIn(viewer.language);
  const area = areaFor(viewer);
  const { resource } = talk;
  const who = participantsOf(resource).map(
    (id) => directory.roles.get(id)?.name ?? t('iemand die er niet meer is', 'someone who left'),
  );
  const button = (status: 'fulfilled' | 'cancelled', label: string) => html`
    <form method="post" action="${area}/talks/${resource.id}" class="buttons">
      ${csrfField(viewer)}
      <input type="hidden" name="version" value="${String(talk.version)}">
      <button name="status" value="${status}" class="quiet">${label}</button>
    </form>`;
  const isPast = Date.parse(resource.start ?? '') <= now.getTime();
  const moves =
    resource.status === 'booked' &&
    html`
      <p><a href="${area}/talks/${resource.id}.ics" download>${t('Zet in uw agenda', 'Put in your calendar')}</a></p>
      ${isPast && button('fulfilled', t('Het gesprek is gehouden', 'The talk was held'))}
      ${button('cancelled', t('Zeg het gesprek af', 'Cancel the talk'))}
      <details${typed && html` open`}>
        <summary>${t('Verzetten', 'Move')}</summary>
        ${talkForm({ area, practice, directory, viewer }, talk, typed)}
      </details>`;
  return html`
    <li class="referral">
      <div class="lead">
        <strong>${momentText(new Date(resource.start ?? 0), viewer.language)}</strong>
        <span class="state">${statusSaid[resource.status ?? '']?.[viewer.language]}</span>
      </div>
      ${facts([
        [t('Waar', 'Where'), resource.comment],
        [t('Met', 'With'), who.join(', ')],
      ])}
      ${moves}
    </li>`;
}

/** The talks of one practice: what stands or the form to plan one, what to talk about, and the earlier ones. */
export async function practicePart(site: Site, visit: Visit, practice: Practice, directory: Directory, typed?: Typed) {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const now = site.store.clock();
  const today = localDay(now);
  const talks = await readTalks(site.store, [practice.id]);
  const agenda = await agendaOf(site, practice, today, viewer.actor.id);
  const standing = talks.filter((one) => one.resource.status === 'booked');
  const others = talks.filter((one) => one.resource.status !== 'booked');
  const isUnplanned = withoutTalk(directory, talks, today).includes(practice.id);
  const item = (one: Talk) =>
    talkItem(one, { directory, practice, viewer, now }, typed?.talk === one.resource.id ? typed : undefined);
  const area = areaFor(viewer);
  const isNew = typed && !typed.talk ? typed : undefined;
  // One form of this kind on a page: its fields have ids.
  const form = standing.length === 0 && talkForm({ area, practice, directory, viewer }, undefined, isNew);
  return html`
    <h2>${practice.name}</h2>
    ${isUnplanned && html`<p class="soon">${notPlannedSaid[viewer.language]}.</p>`}
    ${standing.length > 0 ? html`<ul class="referrals">${standing.slice(0, 1).map(item)}</ul>` : form}
    ${agendaPart(agenda, area, viewer)}
    ${
      others.length > 0 &&
      html`<h2>${t('Eerdere gesprekken', 'Earlier talks')}</h2><ul class="referrals">${others.map(item)}</ul>`
    }`;
}

/** Every practice with its next talk, or that none is planned. */
export async function listPart(
  site: Site,
  viewer: Viewer,
  practices: readonly Practice[],
  directory: Directory,
): Promise<Markup> {
  const talks = await readTalks(
    site.store,
    practices.map((one) => one.id),
  );
  const missing = withoutTalk(directory, talks, localDay(site.store.clock()));
  const next = (id: string) =>
    talks.filter((one) => one.practice === id && one.resource.status === 'booked').at(-1)?.resource.start;
  const rows = practices.map((one) => {
    const start = next(one.id);
    return html`
      <li>
        <a href="${areaFor(viewer)}/talks?practice=${one.id}">${one.name}</a>:
        ${
          start
            ? momentText(new Date(start), viewer.language)
            : missing.includes(one.id)
              ? html`<strong>${notPlannedSaid[viewer.language]}</strong>`
              : statusSaid.fulfilled?.[viewer.language]
        }
      </li>`;
  });
  return html`<ul class="plain">${rows}</ul>`;
}
