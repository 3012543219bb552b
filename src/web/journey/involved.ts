import { readLetter } from '../../feedback/letter.ts';
import type { Said } from '../../fhir/outcome.ts';
import { isCategory } from '../../referral/category.ts';
import { localDay } from '../../referral/deadlines.ts';
import { type Role, teamLeads } from '../../referral/directory/directory.ts';
import { leadOf } from '../../referral/lead.ts';
import { isOpen } from '../../referral/lifecycle/lifecycle.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import { facts, type Shown, telLink } from './referral-view.ts';

const kindSaid: Partial<Record<Role['kind'], Said>> = {
  gp: { nl: 'huisarts', en: 'GP' },
  poh: { nl: 'POH', en: 'practice nurse' },
  assistant: { nl: 'assistent', en: 'assistant' },
};

const elsewhere: Said = { nl: 'een andere organisatie', en: 'another organisation' };

/** Other organisations, and whether they are still at work; which ones is content that a practice reads in a report (H9). */
function organisations({ journey, directory, viewer }: Shown): Markup | undefined {
  if (journey.children.length === 0) return undefined;
  const t = sayIn(viewer.language);
  const items = journey.children.map(({ resource }) => {
    const [to] = resource.restriction?.recipient ?? [];
    const name = directory.teams.get(to?.reference?.split('/')[1] ?? '')?.name ?? to?.display;
    const shown = viewer.actor.role === 'practice' ? undefined : name;
    const state = isOpen(resource.status ?? '') ? t('aan het werk', 'at work') : t('klaar', 'finished');
    return html`<li>${shown ?? elsewhere[viewer.language]} (${state})</li>`;
  });
  return html`<ul class="plain">${items}</ul>`;
}

/** Who has the lead, in words; a practice reads no name of an organisation. */
function leadText({ journey, directory, viewer }: Shown): string {
  const t = sayIn(viewer.language);
  const lead = leadOf(journey);
  if (lead.who === 'practice')
    return directory.practices.get(journey.practice)?.name ?? t('de praktijk', 'the practice');
  if (lead.who === 'organisation' && viewer.actor.role !== 'practice')
    return directory.teams.get(lead.organization)?.name ?? elsewhere[viewer.language];
  if (lead.who === 'organisation') return elsewhere[viewer.language];
  return (
    directory.roles.get(journey.index.owner ?? '')?.name ??
    t('de Wally, nog aan te wijzen', 'the Wally, to be assigned')
  );
}

/** Everyone who has to do with this referral, and who has the lead; the same people for every reader. */
export function involvedPart(shown: Shown): Markup {
  const { journey, directory, viewer } = shown;
  const t = sayIn(viewer.language);
  const { index } = journey;
  const person = (role: Role | undefined) => role && html`${role.name}${role.phone && html` ${telLink(role.phone)}`}`;
  const role = (id: string | null | undefined) => directory.roles.get(id ?? '');
  const fixed = role(index.fixed);
  const substitute = role(fixed?.substitute);
  const owner = role(index.owner);
  const { requester } = journey.serviceRequest.resource;
  const asker = role(requester?.reference?.split('/')[1]);
  const kind = asker && kindSaid[asker.kind];
  return html`
    <section aria-labelledby="involved">
      <h2 id="involved">${t('Wie is erbij betrokken', 'Who is involved')}</h2>
      ${facts([
        [t('Regie', 'Lead'), html`<strong>${leadText(shown)}</strong>`],
        // The practice's own two, whoever stepped back: a gap here would tell who knows whom (H11).
        [t('Vaste Wally', 'Fixed Wally'), person(fixed)],
        [t('Vaste vervanger', 'Fixed substitute'), person(substitute)],
        [t('Heeft het nu', 'Has it now'), owner && owner.id !== fixed?.id ? person(owner) : undefined],
        [
          t('Teamleider', 'Team lead'),
          html`<ul class="plain">${teamLeads(directory, index.team).map((one) => html`<li>${person(one)}</li>`)}</ul>`,
        ],
        [
          t('Verwijzer', 'Referrer'),
          `${asker?.name ?? requester?.display ?? ''}${kind ? ` (${kind[viewer.language]})` : ''}`,
        ],
        [t('Praktijk', 'Practice'), directory.practices.get(journey.practice)?.name],
        [t('Ook gevraagd', 'Also asked'), organisations(shown)],
      ])}
    </section>`;
}

/** What a Wally and the resident agreed, as it last went to the practice; a team lead reads that there is something, and of whom. */
export function agreedPart(shown: Shown): Markup | undefined {
  const { journey, viewer, today } = shown;
  const t = sayIn(viewer.language);
  const plans = journey.communications.flatMap(({ resource }) => {
    if (!isCategory(resource, 'feedback-interim') && !isCategory(resource, 'feedback-final')) return [];
    const letter = readLetter(resource.payload?.[1]?.contentString ?? '');
    const plan = letter
      .find((one) => one.kind === 'plan')
      ?.lines.slice(1)
      .join('\n');
    return plan ? [{ plan, by: resource.sender?.display ?? 'Wally', sent: resource.sent ?? '' }] : [];
  });
  const last = plans.toSorted((a, b) => a.sent.localeCompare(b.sent)).at(-1);
  if (!last) return undefined;
  const day = dayText(localDay(new Date(last.sent)), viewer.language, today);
  const who = t(
    `${last.by} met de inwoner, teruggekoppeld op ${day}.`,
    `${last.by} with the resident, reported on ${day}.`,
  );
  return html`
    <section aria-labelledby="plan">
      <h2 id="plan">${t('Afgesproken met de inwoner', 'Agreed with the resident')}</h2>
      ${viewer.actor.role !== 'team-lead' && html`<p class="said" lang="nl">${last.plan}</p>`}
      <p class="hint">${who}</p>
    </section>`;
}
