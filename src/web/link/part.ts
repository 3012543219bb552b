import { linkWaits, workAt } from '../../feedback/by-link.ts';
import type { Said } from '../../fhir/outcome.ts';
import { localDay } from '../../referral/deadlines.ts';
import { isOpen } from '../../referral/lifecycle/lifecycle.ts';
import { isLive, type Link, type LinkState, linkState } from '../../referral/link.ts';
import { linkCode, linksOf, residentCode } from '../../store/access/links.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import { type Shown, telLink } from '../journey/referral-view.ts';
import type { Site } from '../site.ts';

const stateSaid: Record<LinkState, Said> = {
  sent: { nl: 'link gestuurd, nog niet geopend', en: 'link sent, not opened yet' },
  opened: { nl: 'link geopend, met de code', en: 'link opened, with the code' },
  used: { nl: 'link gebruikt', en: 'link used' },
  revoked: { nl: 'link ingetrokken', en: 'link revoked' },
  replaced: { nl: 'vervangen door een nieuwe link', en: 'replaced by a newer link' },
  tries: {
    nl: 'link gesloten: vijf keer een verkeerde code. Bel de organisatie, en stuur hem dan opnieuw.',
    en: 'link closed: five wrong codes. Call the organisation, and then send it again.',
  },
  expired: { nl: 'link verlopen', en: 'link expired' },
};

const workSaid = (status: string): Said =>
  status === 'accepted'
    ? { nl: 'aangenomen', en: 'accepted' }
    : status === 'in-progress'
      ? { nl: 'bezig', en: 'at work' }
      : isOpen(status)
        ? { nl: 'gevraagd', en: 'asked' }
        : status === 'completed'
          ? { nl: 'klaar', en: 'finished' }
          : status === 'rejected'
            ? { nl: 'niet aangenomen', en: 'declined' }
            : { nl: 'gestopt', en: 'stopped' };

/** The code to read out on the telephone, to the number that the directory has and to no other (H12). */
function codeToGive(shown: Shown, code: string, phone: string | undefined): Markup {
  const t = sayIn(shown.viewer.language);
  const number = phone ? telLink(phone) : t('geen nummer bekend', 'no number known');
  return html`<p class="hint">${t(
    'Krijgt de organisatie geen code per mail? Bel dan zelf',
    'Does the organisation get no code by mail? Then call them yourself',
  )}: ${number}. ${t('De code is', 'The code is')} <strong>${code}</strong>.</p>`;
}

/**
 * Other organisations: how far each is, what it said, and the state of its link. The code is for who has the referral;
 * a team lead reads no words.
 */
function organisationsPart(site: Site, shown: Shown, links: readonly Link[], now: Date): Markup | undefined {
  const { journey, directory, viewer } = shown;
  if (journey.children.length === 0) return undefined;
  const { language } = viewer;
  const t = sayIn(language);
  const isOwner = viewer.actor.id === journey.index.owner;
  const items = journey.children.map(({ resource }) => {
    const id = resource.restriction?.recipient?.[0]?.reference?.split('/')[1] ?? '';
    const team = directory.teams.get(id);
    const link = links.findLast((one) => one.subject === resource.id);
    const live = link && isLive(link, now) && workAt(journey, resource.id) !== undefined;
    const waits = live && linkWaits(journey, link, now);
    const said = (resource.output ?? []).flatMap((one) => one.valueAnnotation?.text ?? []);
    const until = link && live && dayText(localDay(link.expiresAt), language, shown.today);
    const how = link && stateSaid[live || link.endedWhy ? linkState(link, now) : 'expired'][language];
    return html`<li><strong>${team?.name ?? id}</strong>: ${workSaid(resource.status ?? '')[language]}${
      waits &&
      html`; <strong>${t('ziet nu niets: wacht op toestemming', 'sees nothing now: waits for consent')}</strong>`
    }${how && `; ${how}`}${until && ` (${t('werkt tot', 'works until')} ${until})`}
${isOwner && said.map((one) => html`<p class="said" lang="nl">${one}</p>`)}
${isOwner && link && live && codeToGive(shown, linkCode(site.store.master, link.id), team?.phone)}</li>`;
  });
  return html`<section aria-labelledby="elsewhere">
<h2 id="elsewhere">${t('Andere organisaties', 'Other organisations')}</h2><ul class="plain">${items}</ul></section>`;
}

/** The resident's code that works now; undefined when there is none, or home is not safe (H2). */
export async function residentCodeOf(site: Site, shown: Shown): Promise<string | undefined> {
  const { journey } = shown;
  const links = await linksOf(site.store, journey.practice, journey.id);
  return codeIn(site, shown, links, site.store.clock());
}

function codeIn(site: Site, { journey }: Shown, links: readonly Link[], now: Date): string | undefined {
  const link = links.findLast((one) => one.purpose === 'resident');
  if (!link || !isLive(link, now) || journey.index.unsafeContact) return undefined;
  return residentCode(site.store.master, link.id);
}

/** Everything about who comes in without an account, for who has the referral or leads its team. */
export async function linksPart(site: Site, shown: Shown): Promise<Markup> {
  const { journey, viewer } = shown;
  const now = site.store.clock();
  const links = await linksOf(site.store, journey.practice, journey.id);
  const code = viewer.actor.id === journey.index.owner ? codeIn(site, shown, links, now) : undefined;
  return html`${organisationsPart(site, shown, links, now)}
${code && codePart(site, shown, code)}`;
}

/** Where the resident types the code, and the code. */
export function codePart(
  { publicUrl }: Pick<Site, 'publicUrl'>,
  { viewer }: Pick<Shown, 'viewer'>,
  code: string,
): Markup {
  const t = sayIn(viewer.language);
  return html`<section aria-labelledby="resident-code">
<h2 id="resident-code">${t('Code voor de inwoner', 'Code for the resident')}</h2>
<p>${t('Op', 'At')} ${publicUrl}/mijn,
${t('met de geboortedatum en deze code', 'with the birth date and this code')}: <strong>${code}</strong></p></section>`;
}
