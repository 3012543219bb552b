const tags =
  'a|abbr|acronym|address|b|bdo|big|blockquote|br|caption|cite|code|col|colgroup|dd|dfn|div|dl|dt|em|h[1-6]|hr|i|img|' +
  'kbd|li|ol|p|pre|q|samp|small|span|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|ul|var';
const plain =
  'abbr|align|alt|border|cellpadding|cellspacing|char|charoff|class|colspan|dir|frame|headers|height|id|lang|name|rowspan|' +
  'rules|scope|span|summary|title|valign|width|xml:lang|xmlns';
const quoted = (inside: string) => `(?:"${inside}"|'${inside.replaceAll('"', "'")}')`;
const markup = new RegExp(
  `<!--[^<>]*-->|</(?:${tags})\\s*>|<(?:${tags})(?:\\s+(?:` +
    `(?:${plain})\\s*=\\s*${quoted('[^"<]*')}|` +
    `style\\s*=\\s*${quoted('[^"<(\\\\@&]*')}|` +
    `src\\s*=\\s*${quoted('(?:#|data:image/(?:png|gif|jpeg);base64,)[^"<&]*')}|` +
    `href\\s*=\\s*${quoted('(?:#|tel:|mailto:|(?!/)[\\w./%-]*(?=["?#]))[^"<]*')}` +
    `))*\\s*/?>`,
  'g',
);

/**
 * Whether a narrative holds only markup that FHIR allows (R4, narrative.html), and nothing in it that runs, loads or leads
 * to another site: no script, iframe, form, on-attribute or address elsewhere. It says nothing about well-formed XML.
 */
export function safeNarrative(xhtml: string): boolean {
  return !xhtml.replaceAll(markup, '').includes('<');
}

/**
 * Whether a FHIR date, dateTime or instant certainly lies before another one. Where one is less precise, or bears no
 * zone, only what both say is compared; false as long as they may be equal, and for anything that is no text.
 */
export function isEarlier(one: unknown, other: unknown): boolean {
  if (typeof one !== 'string' || typeof other !== 'string') return false;
  if (one.length > 10 && other.length > 10) return Date.parse(one) < Date.parse(other);
  const length = Math.min(one.length, other.length, 10);
  return one.slice(0, length) < other.slice(0, length);
}

/** Whether a text can be stored and shown as it is: no control characters but tab and line ends, no half surrogates. */
export function cleanText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what we look for
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text) && text.isWellFormed();
}
