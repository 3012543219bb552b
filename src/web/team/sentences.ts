import type { Organization } from '@medplum/fhirtypes';
import { Router } from 'express';
import type { Said } from '../../fhir/outcome.ts';
import { purposeOf } from '../../identity/access.ts';
import { decideDirectory } from '../../referral/directory/change.ts';
import {
  practiceFields,
  type SentenceField,
  sentenceMax,
  sentencesFor,
  sentencesMax,
  sentencesOf,
  teamFields,
  withSentences,
} from '../../referral/directory/standard-sentences.ts';
import { httpStatus, isRefusal, issue, refuse } from '../../referral/refusal.ts';
import { readDirectoryNewest } from '../../store/directory.ts';
import {
  csrfField,
  decide,
  field,
  query,
  send,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { PageParts } from '../page.ts';
import { areaOf } from '../refer/controls.ts';
import type { Site } from '../site.ts';

interface Place {
  readonly role: 'team-lead' | 'practice';
  readonly path: string;
  readonly back: string;
  readonly backSaid: Said;
  readonly fields: readonly SentenceField[];
}

const places: readonly Place[] = [
  {
    role: 'team-lead',
    path: '/team/sentences',
    back: '/team',
    backSaid: { nl: 'Terug naar mijn team', en: 'Back to my team' },
    fields: teamFields,
  },
  {
    role: 'practice',
    path: '/practice/sentences',
    back: '/practice',
    backSaid: { nl: 'Terug naar onze verwijzingen', en: 'Back to our referrals' },
    fields: practiceFields,
  },
];

const labels: Record<SentenceField, Said> = {
  firstLine: { nl: 'Voor de eerste regel aan de huisarts', en: 'For the first line to the GP' },
  plan: { nl: 'Voor wat is afgesproken met de inwoner', en: 'For what was agreed with the resident' },
  reason: { nl: 'Voor "Waarom verwijst u?"', en: 'For "Why do you refer?"' },
};

const aheadSaid: Said = {
  nl: 'Er staat een wijziging klaar die later ingaat. Vraag de beheerder om de zinnen te veranderen.',
  en: 'A change that becomes valid later stands ready. Ask the administrator to change the sentences.',
};
const changedSaid: Said = {
  nl: 'Iemand anders veranderde dit intussen. Er is niets opgeslagen. Kijk het na en sla het dan op.',
  en: 'Someone else changed this meanwhile. Nothing was saved. Look at it again and then save.',
};

/** The own organisation or practice as the directory has it last. */
async function readOwn(site: Site, { viewer }: Visit) {
  const versions = await readDirectoryNewest(site.store);
  const found = versions.find((one) => one.type === 'Organization' && one.id === viewer.actor.organization);
  return found?.resource.resourceType === 'Organization' ? { found, resource: found.resource, versions } : undefined;
}

function pageOf(visit: Visit, place: Place, shown: Readonly<Record<string, string>>, version: string): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const hint = t(
    `Eén zin per regel, hooguit ${sentencesMax}, elk hooguit ${sentenceMax} tekens. Leeg: de gewone zinnen.`,
    `One sentence per line, at most ${sentencesMax}, each of at most ${sentenceMax} characters. Empty: the usual sentences.`,
  );
  return html`
    <p><a href="${place.back}">${place.backSaid[viewer.language]}</a></p>
    <h1>${t('Vaste zinnen', 'Standard sentences')}</h1>
    <p>${t(
      'Deze zinnen staan als knop bij het formulier. Noem niemand: iedereen hier leest ze.',
      'These sentences stand as buttons with the form. Name nobody: everyone here reads them.',
    )}</p>
    <form method="post" action="${place.path}" class="form" novalidate>
      ${csrfField(viewer)}
      <input type="hidden" name="version" value="${version}">
      ${place.fields.map((name) =>
        areaOf({ viewer, fields: shown, faults: [] }, { name, label: labels[name][viewer.language], hint, rows: 6 }),
      )}
      <p class="buttons"><button>${t('Opslaan', 'Save')}</button></p>
    </form>`;
}

async function show(
  site: Site,
  visit: Visit,
  place: Place,
  typed?: Readonly<Record<string, string>>,
  notice?: PageParts['notice'],
  status = 200,
): Promise<void> {
  const own = await readOwn(site, visit);
  if (!own) return sendNotFound(visit);
  const t = sayIn(visit.viewer.language);
  const stored = sentencesOf(own.resource);
  const shown = typed ?? Object.fromEntries(place.fields.map((one) => [one, sentencesFor(stored, one).join('\n')]));
  const done = query(visit.request, 'done') === 'saved' && { kind: 'done' as const, text: t('Opgeslagen.', 'Saved.') };
  const told = notice ?? (done || undefined);
  send(
    visit,
    {
      title: t('Vaste zinnen', 'Standard sentences'),
      main: pageOf(visit, place, shown, String(own.found.version)),
      ...(told && { notice: told }),
    },
    status,
  );
}

async function save(site: Site, visit: Visit, place: Place): Promise<void> {
  const { viewer, request, response } = visit;
  const { actor } = viewer;
  const typed = Object.fromEntries(place.fields.map((name) => [name, field(request.body, name)]));
  const linesOf = (text = '') => [...new Set(text.split('\n').map((line) => line.trim()))].filter(Boolean);
  const lists = Object.fromEntries(place.fields.map((name) => [name, linesOf(typed[name])]));
  const outcome = await decide(
    site,
    actor,
    () => readOwn(site, visit),
    ({ found, resource, versions }, { now, directory }) => {
      if (found.validFrom > now) return refuse(issue('conflict', 'other-version', '', aheadSaid));
      if (String(found.version) !== field(request.body, 'version'))
        return refuse(issue('conflict', 'changed-meanwhile', '', changedSaid));
      const changed: Organization & { id: string } = withSentences(resource, { ...sentencesOf(resource), ...lists });
      const at = now.toISOString();
      const decided = decideDirectory({
        proposed: [{ resource: changed, place: '' }],
        newest: versions,
        revision: directory.revision,
        at,
        validFrom: at,
        actor,
      });
      if (isRefusal(decided) || !decided.change) return isRefusal(decided) ? decided : undefined;
      const { change } = decided;
      // It is their own work, and not the administrator's, for which they change it.
      const audit = change.audit.map((line) => ({ ...line, purpose: purposeOf(actor.role) }));
      return { ...change, audit };
    },
  );
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome)) {
    const status = httpStatus(outcome) === 409 ? 409 : 422;
    return show(site, visit, place, typed, { kind: 'refused', text: sentences(outcome, viewer) }, status);
  }
  response.redirect(303, `${place.path}?done=saved`);
}

/**
 * The standard sentences of a team's messages and of a practice's referrals, kept by themselves in the directory: versioned
 * and on the trail like all of it.
 */
export function sentencePages(site: Site, viewerOf: ViewerOf, role: Place['role']): Router {
  const router = Router();
  for (const place of places.filter((one) => one.role === role)) {
    router.get(
      place.path,
      visiting(role, viewerOf, (visit) => show(site, visit, place)),
    );
    router.post(
      place.path,
      visiting(role, viewerOf, (visit) => save(site, visit, place)),
    );
  }
  return router;
}
