import { createHash } from 'node:crypto';
import { Router } from 'express';
import { addDays, beginOfDay, localDay } from '../../referral/deadlines.ts';
import { nameOf, type Proposed } from '../../referral/directory/change.ts';
import { differences } from '../../referral/directory/diff.ts';
import type { Stored } from '../../referral/directory/directory.ts';
import { isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { readDirectoryNewest } from '../../store/directory.ts';
import { type Taken, takeDirectory } from '../../store/take-directory.ts';
import { csrfField, field, noteList, send, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { Site } from '../site.ts';
import { isDay } from './values.ts';
import { differenceList } from './words.ts';

/** How we log in at a connection may stand in its headers: no copy of the directory holds that. */
function withoutSecrets(resource: Stored): Stored {
  if (resource.resourceType !== 'Endpoint') return resource;
  const { header: _header, ...rest } = resource;
  return rest;
}

/** What was left out of the copy is kept where the copy comes back. */
function withKept(resource: unknown, before: Taken['before']): unknown {
  const given = resource as Stored | undefined;
  if (given?.resourceType !== 'Endpoint' || given.header) return resource;
  const was = before.get(nameOf(given))?.resource;
  return was?.resourceType === 'Endpoint' && was.header ? { ...given, header: was.header } : resource;
}

async function exportDirectory(site: Site, visit: Visit): Promise<void> {
  const newest = await readDirectoryNewest(site.store);
  await noteList(site, visit.viewer.actor, 'directory-export', newest.length);
  const day = localDay(site.store.clock());
  const bundle = {
    resourceType: 'Bundle',
    type: 'collection',
    timestamp: site.store.clock().toISOString(),
    entry: newest.map((one) => ({ resource: withoutSecrets(one.resource) })),
  };
  visit.response
    .set('Cache-Control', 'no-store')
    .set('Content-Disposition', `attachment; filename="adreslijst-${day}.json"`)
    .type('application/fhir+json')
    .send(`${JSON.stringify(bundle, null, 2)}\n`);
}

function proposedIn(text: string): Proposed[] | Refusal {
  let bundle: { resourceType?: unknown; entry?: unknown } | undefined;
  try {
    bundle = JSON.parse(text) as typeof bundle;
  } catch {
    bundle = undefined;
  }
  if (bundle?.resourceType === 'Bundle' && Array.isArray(bundle.entry))
    return bundle.entry.map((one: { resource?: unknown } | null, n) => ({
      resource: one?.resource,
      place: `Bundle.entry[${n}].resource`,
    }));
  return refuse(
    issue('structure', 'not-a-bundle', '', {
      nl: 'Dit is geen FHIR-Bundle met regels (entry). Plak de hele tekst van het bestand.',
      en: 'This is no FHIR Bundle with entries. Paste all of the text of the file.',
    }),
  );
}

interface Typed {
  readonly text: string;
  readonly day: string;
}

/** What the preview showed, as one word: when it is another one at the moment of doing, it is shown anew. */
const seenOf = ({ changed, before }: Taken): string =>
  createHash('sha256')
    .update(JSON.stringify(changed.map((one) => [one, before.get(nameOf(one))?.version ?? 0])))
    .digest('base64url');

const take = (site: Site, visit: Visit, { text, day }: Typed, parts: { preview: boolean; hosts: Hosts }) =>
  takeDirectory(
    site.store,
    (before) => {
      const proposed = proposedIn(text);
      return isRefusal(proposed)
        ? proposed
        : proposed.map((one) => ({ ...one, resource: withKept(one.resource, before) }));
    },
    { actor: visit.viewer.actor, validFrom: day ? beginOfDay(day) : site.store.clock(), ...parts },
  );

type Hosts = ReadonlySet<string> | undefined;

function formOf(visit: Visit, { text, day }: Typed, seen?: string): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  return html`<form method="post" action="/admin/directory/import" class="form">${csrfField(viewer)}
<input type="hidden" name="seen" value="${seen ?? ''}">
<div class="field"><label for="bundle">${t('FHIR-Bundle (JSON)', 'FHIR Bundle (JSON)')}</label>
<textarea id="bundle" name="bundle" rows="12" spellcheck="false">${text}</textarea></div>
<div class="field"><label for="validFrom">${t('Geldt vanaf', 'Valid from')}</label>
<p class="hint">${t('Leeg: vanaf nu.', 'Empty: from now.')}</p>
<input id="validFrom" name="validFrom" type="date" value="${day}"></div>
<p class="buttons">
<button${seen && html` class="quiet"`} name="do" value="preview">${t('Laat zien wat er verandert', 'Show what changes')}</button>
${seen && html`<button name="do" value="take">${t('Neem dit zo over', 'Take this over')}</button>`}</p></form>`;
}

function faultList(refusal: Refusal, visit: Visit): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  return html`<section aria-labelledby="faults">
<h2 id="faults">${t('Zo kan het niet. Er is niets opgeslagen.', 'This cannot be. Nothing was saved.')}</h2>
<ul>${refusal.refused.map((one) => html`<li>${one.path && html`<code>${one.path}</code>: `}${one.said[language]}</li>`)}</ul></section>`;
}

function changeList({ changed, before }: Taken, visit: Visit): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  if (changed.length === 0)
    return html`<p>${t('Er verandert niets: alles staat er al zo.', 'Nothing changes: everything is so already.')}</p>`;
  return html`<section aria-labelledby="changes">
<h2 id="changes">${t('Dit verandert er', 'This is what changes')} <span class="count">${changed.length}</span></h2>
<ul class="deliveries">${changed.map((one) => {
    const was = before.get(nameOf(one));
    const list = differences(was?.resource, one);
    const how = was ? t(`${list.length} verschillen`, `${list.length} differences`) : t('nieuw', 'new');
    return html`<li class="delivery"><div class="lead">${nameOf(one)}</div>
<details><summary>${how}</summary>${differenceList(list, language)}</details></li>`;
  })}</ul></section>`;
}

function importPage(visit: Visit, typed: Typed, more: { list?: Markup; seen?: string; status?: number }): void {
  const t = sayIn(visit.viewer.language);
  const title = t('Adreslijst overnemen', 'Take in a directory');
  const main = html`<p><a href="/admin/directory">${t('Naar de adreslijst', 'To the directory')}</a></p><h1>${title}</h1>
<p>${t(
    'U ziet eerst wat er verandert. Wat niet in de Bundle staat, blijft zoals het is. Het gaat in één keer, of helemaal niet.',
    'You see first what changes. What is not in the Bundle stays as it is. It is done at once, or not at all.',
  )}</p>
${more.list}${formOf(visit, typed, more.seen)}`;
  send(visit, { title, main }, more.status ?? 200);
}

async function importDirectory(site: Site, visit: Visit, hosts: Hosts, follow: () => Promise<number>): Promise<void> {
  const { body } = visit.request;
  const typed = { text: field(body, 'bundle'), day: field(body, 'validFrom') };
  const today = localDay(site.store.clock());
  const { day } = typed;
  if (day && !(isDay(day) && day >= today && day <= addDays(today, 730))) {
    const wrong = issue('value', 'valid-from', '', {
      nl: 'Kies vandaag of een dag die nog komt.',
      en: 'Choose today or a day to come.',
    });
    return importPage(visit, typed, { list: faultList(refuse(wrong), visit), status: 422 });
  }
  const preview = await take(site, visit, typed, { preview: true, hosts });
  if (isRefusal(preview)) return importPage(visit, typed, { list: faultList(preview, visit), status: 422 });
  const seen = seenOf(preview);
  const show = (status: number) =>
    importPage(visit, typed, { list: changeList(preview, visit), status, ...(preview.changed.length > 0 && { seen }) });
  if (field(body, 'do') !== 'take') return show(200);
  if (field(body, 'seen') !== seen) return show(409);
  const taken = await take(site, visit, typed, { preview: false, hosts });
  if (isRefusal(taken)) return importPage(visit, typed, { list: faultList(taken, visit), status: 409 });
  try {
    await follow();
  } catch (error) {
    site.log.bug('directory', error, {});
  }
  visit.response.redirect(303, '/admin/directory');
}

/** The whole directory as one Bundle, out and in: in only after its differences were shown. */
export function directoryExchangePages(
  site: Site,
  viewerOf: ViewerOf,
  follow: () => Promise<number>,
  hosts?: ReadonlySet<string>,
): Router {
  const router = Router();
  const on = (handle: (visit: Visit) => Promise<void>) => visiting('administrator', viewerOf, handle);
  router.get(
    '/admin/directory/export',
    on((visit) => exportDirectory(site, visit)),
  );
  router.get(
    '/admin/directory/import',
    on(async (visit) => importPage(visit, { text: '', day: '' }, {})),
  );
  router.post(
    '/admin/directory/import',
    on((visit) => importDirectory(site, visit, hosts, follow)),
  );
  return router;
}
