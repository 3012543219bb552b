/** Elements that end a line of text (FHIR STU3 narrative.html: basic HTML formatting elements). */
const lines = /^<\/?(?:address|blockquote|br|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|table|tbody|tfoot|thead|tr|ul)\b/i;
const cells = /^<\/(?:td|th)\b/i;
/** What is in these was never meant to be read. */
const silent = /^<(\/?)(script|style|head|title|iframe|object)\b/i;
const named: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }),
);

function characterOf(whole: string, name: string): string {
  const point = /^#x[\da-f]+$/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  if (!name.startsWith('#')) return named.get(name) ?? whole;
  const isText =
    point === 9 || point === 10 || (point >= 32 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff));
  return isText ? String.fromCodePoint(point) : ' ';
}

/**
 * The text of a narrative, for a page that escapes what it shows: no markup is kept, whatever it is, and nothing of a
 * script. Entities are read once, so that what stood escaped stays text.
 */
export function narrativeText(xhtml: string): string {
  let text = '';
  let hidden: string | undefined;
  for (const [part] of xhtml.matchAll(/<!--|-->|<[^<>]*>|[^<-]+|[<-]/g)) {
    const [, closes, name = ''] = silent.exec(part) ?? [];
    if (hidden === '--') {
      if (part === '-->') hidden = undefined;
    } else if (part === '<!--') hidden ??= '--';
    else if (hidden !== undefined) {
      if (closes === '/' && name.toLowerCase() === hidden) hidden = undefined;
    } else if (name) hidden = closes || part.endsWith('/>') ? undefined : name.toLowerCase();
    else if (lines.test(part)) text += '\n';
    else if (cells.test(part)) text += ' ';
    else if (!/^<.+>$/s.test(part)) text += part.replaceAll(/\s+/g, ' ');
  }
  return text
    .replaceAll(/&(#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,6});/gi, characterOf)
    .split('\n')
    .map((line) => line.replaceAll(/[ \t\u00a0]+/g, ' ').trim())
    .join('\n')
    .replaceAll(/\n{2,}/g, '\n')
    .trim();
}
