import { differences } from '../../referral/directory/diff.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { DirectoryVersion } from '../../store/directory.ts';
import { csrfField } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import type { Thing } from './things.ts';
import { differenceList } from './words.ts';

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
  return html`<li class="delivery"><div class="lead">${one.type} ${one.version}: <strong>${who}</strong>,
${momentText(one.recordedAt, viewer.language)}</div>
<div class="more"><span>${t('geldt vanaf', 'valid from')} ${momentText(one.validFrom, viewer.language)}</span></div>
<details><summary>${
    one.version === 1
      ? t('nieuw', 'new')
      : changes.length === 1
        ? t('1 verschil', '1 difference')
        : t(`${changes.length} verschillen`, `${changes.length} differences`)
  }</summary>
${differenceList(changes, viewer.language)}</details>
${
  !newest(all, one) &&
  html`<form method="post" action="/admin/directory/${thing}/${id}/restore">${csrfField(viewer)}
<input type="hidden" name="type" value="${one.type}">
<input type="hidden" name="of" value="${one.id}">
<input type="hidden" name="version" value="${one.version}">
<button class="quiet">${t('Zet terug', 'Restore')}<span class="vh"> ${one.type} ${one.version}</span></button></form>`
}</li>`;
}

export interface Place {
  readonly viewer: Viewer;
  readonly thing: Thing;
  readonly id: string;
  readonly directory: Directory;
  /** Which two versions to lay beside each other: `Type/version` each, as the address says. */
  readonly compare: readonly [older: string, newer: string];
}

const nameOf = (one: DirectoryVersion) => `${one.type}/${one.version}`;

/** Any two versions of one resource beside each other. */
function comparePart(all: readonly DirectoryVersion[], { viewer, thing, id, compare }: Place): Markup | undefined {
  const t = sayIn(viewer.language);
  if (all.length < 3) return undefined;
  const [from, to] = compare.map((name) => all.find((one) => nameOf(one) === name));
  const choose = (name: string, label: string, chosen: string) =>
    html`<div class="field"><label for="${name}">${label}</label><select id="${name}" name="${name}">
${all.map(
  (one) =>
    html`<option value="${nameOf(one)}"${nameOf(one) === chosen && html` selected`}>${one.type} ${one.version},
${momentText(one.recordedAt, viewer.language)}</option>`,
)}
</select></div>`;
  const list = from && to && from.type === to.type ? differences(from.resource, to.resource) : undefined;
  const said =
    list === undefined
      ? from && to && t('Kies twee versies van hetzelfde.', 'Choose two versions of the same.')
      : list.length === 0 && t('Deze twee zijn gelijk.', 'These two are the same.');
  return html`<h3 id="compare">${t('Vergelijk twee versies', 'Compare two versions')}</h3>
<form method="get" action="/admin/directory/${thing}/${id}#compare" class="form">
<div class="row">${choose('from', t('Van', 'From'), compare[0])}${choose('to', t('Naar', 'To'), compare[1])}</div>
<p class="buttons"><button class="quiet">${t('Vergelijk', 'Compare')}</button></p></form>
${said && html`<p>${said}</p>`}${list && list.length > 0 && differenceList(list, viewer.language)}`;
}

/** Who changed what and when, newest first; an older version comes back as a new one. */
export function historyPart(all: readonly DirectoryVersion[], at: Place): Markup {
  const t = sayIn(at.viewer.language);
  return html`<section aria-labelledby="history"><h2 id="history">${t('Geschiedenis', 'History')}</h2>
<ul class="deliveries">${all.map((one) => item(all, one, at))}</ul>${comparePart(all, at)}</section>`;
}
