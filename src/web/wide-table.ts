import { html, type Markup } from './html.ts';

/** A table that may be wider than its page: then it scrolls by itself, also from the keyboard. */
export function wideTable(
  name: string,
  head: readonly string[],
  rows: readonly (readonly (Markup | string)[])[],
): Markup {
  return html`<div class="wide" tabindex="0" role="region" aria-label="${name}"><table><thead><tr>${head.map(
    (one) => html`<th scope="col">${one}</th>`,
  )}</tr></thead><tbody>${rows.map(
    ([first, ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((one) => html`<td>${one}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}
