import type { ListedAttempt } from '../../store/queue/attempts.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import { mappingName } from './masked.ts';

const seconds = (one: ListedAttempt): number | undefined =>
  one.endedAt ? Math.round((one.endedAt.getTime() - one.beganAt.getTime()) / 100) / 10 : undefined;

/** What an attempt had otherwise than the one before it. */
export function changedSince(before: ListedAttempt | undefined, now: ListedAttempt): readonly string[] {
  if (!before) return [];
  const [was, is] = [seconds(before), seconds(now)];
  const isOtherTime =
    was !== undefined && is !== undefined && Math.abs(was - is) >= 1 && Math.max(was, is) > 1.5 * Math.min(was, is);
  return [
    ...(before.code !== now.code ? ['code'] : []),
    ...(before.outcome !== now.outcome ? ['outcome'] : []),
    ...(before.destination !== now.destination ? ['destination'] : []),
    ...(before.version !== now.version ? ['version'] : []),
    ...(before.mapping !== now.mapping ? ['mapping'] : []),
    ...(isOtherTime ? ['duration'] : []),
  ];
}

/** Every try of a delivery, with what was otherwise than before. */
export function attemptsPart(attempts: readonly ListedAttempt[], viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  if (attempts.length === 0) return html`<p class="empty">${t('Nog geen poging.', 'No try yet.')}</p>`;
  const cell = (changed: readonly string[], name: string, value: Markup | string | number | null | undefined) => {
    const shown = value ?? '–';
    return html`<td>${changed.includes(name) ? html`<mark>${shown}</mark>` : shown}</td>`;
  };
  const heads = [
    t('Wanneer', 'When'),
    t('Weg', 'Way'),
    t('Einde', 'End'),
    t('Code', 'Code'),
    t('Duur (s)', 'Time (s)'),
    t('Versie', 'Version'),
    t('Vertaling', 'Mapping'),
  ];
  return html`
    <p class="hint">${t(
      'Gemarkeerd: anders dan bij de poging ervoor.',
      'Marked: otherwise than at the try before.',
    )}</p>
    <table class="plain-table" tabindex="0">
      <thead><tr>${heads.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
      <tbody>
        ${attempts.map((one, nth) => {
          const changed = changedSince(attempts[nth - 1], one);
          return html`
            <tr>
              <td>${momentText(one.beganAt, viewer.language)}</td>
              ${cell(changed, 'destination', one.destination)}
              ${cell(changed, 'outcome', one.outcome)}
              ${cell(changed, 'code', one.code)}
              ${cell(changed, 'duration', seconds(one))}
              ${cell(changed, 'version', one.version)}
              ${cell(changed, 'mapping', one.mapping && mappingName(one.mapping, viewer))}
            </tr>`;
        })}
      </tbody>
    </table>
    ${
      attempts.some((one) => one.hasSaid) &&
      html`<p class="hint">${t(
        'Wat het andere systeem antwoordde, is versleuteld bewaard. Lezen kan alleen met noodinzage.',
        'What the other system answered is kept encrypted. It can be read by break-glass only.',
      )}</p>`
    }`;
}
