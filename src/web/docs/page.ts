import { html, type Markup } from '../html.ts';
import { page } from '../page.ts';

/** The pages of the guide in the order in which they are read: path under /docs, and title. */
const docsMenu = [
  ['', 'Start'],
  ['doors', 'Doors, with examples'],
  ['states', 'States of the work'],
  ['profiles', 'Profiles'],
  ['codes', 'Code systems'],
  ['maps', 'Concept maps'],
  ['search', 'Search and capability'],
  ['errors', 'Errors'],
  ['clients', 'Connect a system'],
  ['changelog', 'Changelog'],
] as const;

/** A page of the guide. English: it is for who connects a system. */
export function docsPage(title: string, main: Markup): string {
  return page({
    title: `${title} – Guide`,
    language: 'en',
    main: html`<nav class="guide" aria-label="Guide"><ul>${docsMenu.map(
      ([path, name]) => html`<li><a href="${path ? `/docs/${path}` : '/docs'}">${name}</a></li>`,
    )}</ul></nav>
<h1>${title}</h1>
${main}`,
  });
}

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

/** A message as it goes over the wire. */
export function sample(name: string, text: string): Markup {
  return html`<pre class="sample" tabindex="0" role="region" aria-label="${name}"><code>${text}</code></pre>`;
}

export const code = (text: string): Markup => html`<code>${text}</code>`;
