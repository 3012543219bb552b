/** Markup that is safe to send: made by `html`, which escapes everything that is not itself markup. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | false | null | undefined | readonly Part[];

const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function render(part: Part): string {
  if (part === undefined || part === null || part === false) return '';
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (sign) => signs[sign] ?? '');
  if (typeof part === 'number') return String(part);
  if ('markup' in part) return part.markup;
  return part.map(render).join('');
}

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: strings.reduce((so, text, i) => so + render(parts[i - 1]) + text) };
}

export interface PageParts {
  readonly title: string;
  readonly body: Html;
  /** Practice whose screens these are, with the number of letters that wait. */
  readonly practice?: { readonly id: string; readonly name: string; readonly waiting: number };
}

/** A whole page: bar, tabs, content. No script anywhere. */
export function page({ title, body, practice }: PageParts): string {
  const tabs = practice
    ? html`<nav aria-label="Praktijk">
        <a href="/${practice.id}">Patiënten</a>
        <a href="/${practice.id}/inbox">Postvak${practice.waiting > 0 && html` <b class="count">${practice.waiting}</b>`}</a>
      </nav>`
    : html`<span></span>`;
  return html`<!doctype html>
<html lang="nl">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="bar">
<a class="brand" href="/">Voorbeeld-HIS</a>
<span class="where">${practice?.name ?? 'Demo: alle gegevens zijn verzonnen'}</span>
${tabs}
<nav aria-label="Demo" class="demo"><a href="/mail">Mail</a> <a href="/switches">Storingen</a></nav>
</header>
<main>${body}</main>
</body>
</html>
`.markup;
}
