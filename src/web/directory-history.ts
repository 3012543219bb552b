import type { Directory } from '../referral/directory.ts';
import { differences } from '../referral/directory-diff.ts';
import type { DirectoryVersion } from '../store/directory.ts';
import { csrfField } from './acting.ts';
import type { Thing } from './directory-things.ts';
import { html, type Markup, momentText, sayIn } from './html.ts';
import type { Viewer } from './page.ts';

const shownMax = 30;

/** The version before this one of the same resource. */
const before = (all: readonly DirectoryVersion[], one: DirectoryVersion) =>
  all.find((other) => other.type === one.type && other.id === one.id && other.version === one.version - 1);
const newest = (all: readonly DirectoryVersion[], one: DirectoryVersion) =>
  all.every((other) => other.type !== one.type || other.id !== one.id || other.version <= one.version);

function item(all: readonly DirectoryVersion[], one: DirectoryVersion, at: Place): Markup {
  const { viewer, thing, id, directory } = at;
  const t = sayIn(viewer.language);
  const changes = differences(before(all, one)?.resource, one.resource);
  const who = directory.roles.get(one.recordedBy)?.name ?? one.recordedBy;
  const shown = changes.slice(0, shownMax);
  return html`<li class="delivery"><div class="lead">${one.type} ${one.version}: <strong>${who}</strong>, ${momentText(one.recordedAt, viewer.language)}</div>
<div class="more"><span>${t('geldt vanaf', 'valid from')} ${momentText(one.validFrom, viewer.language)}</span></div>
<details><summary>${one.version === 1 ? t('nieuw', 'new') : changes.length === 1 ? t('1 verschil', '1 difference') : t(`${changes.length} verschillen`, `${changes.length} differences`)}</summary><ul>${shown.map((change) => html`<li><code>${change.path}</code>: ${change.before !== undefined && html`<del>${change.before}</del> `}${change.after !== undefined && html`<ins>${change.after}</ins>`}</li>`)}</ul>${changes.length > shown.length && html`<p>…</p>`}</details>
${!newest(all, one) && html`<form method="post" action="/admin/directory/${thing}/${id}/restore">${csrfField(viewer)}<input type="hidden" name="type" value="${one.type}"><input type="hidden" name="of" value="${one.id}"><input type="hidden" name="version" value="${one.version}"><button class="quiet">${t('Zet terug', 'Restore')}<span class="vh"> ${one.type} ${one.version}</span></button></form>`}</li>`;
}

export interface Place {
  readonly viewer: Viewer;
  readonly thing: Thing;
  readonly id: string;
  readonly directory: Directory;
}

/** Who changed what and when, newest first; an older version comes back as a new one. */
export function historyPart(all: readonly DirectoryVersion[], at: Place): Markup {
  const t = sayIn(at.viewer.language);
  return html`<section aria-labelledby="history"><h2 id="history">${t('Geschiedenis', 'History')}</h2><ul class="deliveries">${all.map((one) => item(all, one, at))}</ul></section>`;
}
