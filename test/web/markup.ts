import { expect } from 'vitest';

const ownScript = '<script src="/assets/kortelijn.js" defer></script>';
const all = (html: string, pattern: RegExp) => [...html.matchAll(pattern)].map((match) => match[1] ?? '');

/** Next to these white space shows nothing. */
const besideBlock =
  /\s*(<\/?(?:div|p|h[1-6]|[duo]l|d[td]|li|t(?:able|head|body|[rhd])|form|fieldset|legend|label|section|nav|details|summary|option)\b[^>]*>)\s*/g;
/** Where white space counts, as in the value of an attribute: as it was typed, or a letter as it is sent. */
const asTyped = /(<(?:textarea|pre)\b[\s\S]*?<\/(?:textarea|pre)>|<div class="letter"[\s\S]*?<\/div>)/;

/**
 * The page in its own words: without our script and the classes of the components, which say how it looks and not what it
 * says, and with white space as a browser reads it, however the source breaks its lines: one space, and none beside blocks.
 */
export function undressed(html: string): string {
  const bare = html.replace(ownScript, '').replaceAll(/\sclass="([^"]*)"/g, (_, words: string) => {
    const own = words.split(' ').filter((word) => !/^(nl|utrecht)-/.test(word));
    return own.length > 0 ? ` class="${own.join(' ')}"` : '';
  });
  if (!/^<!doctype html/i.test(bare)) return bare;
  return bare
    .replaceAll(/"[^"<>]*"/g, (value) => value.replaceAll('\n', '\0'))
    .split(asTyped)
    .map((part, nth) => (nth % 2 === 0 ? part.replaceAll(/\s+/g, ' ').replaceAll(besideBlock, '$1') : part))
    .join('')
    .replaceAll('\0', '\n');
}

/** What is wrong with a page as text, whatever a browser would make of it: ids, labels, descriptions, forms, script. */
export function faultsIn(html: string): string[] {
  const ids = all(html, /\sid="([^"]*)"/g);
  const known = new Set(ids);
  const doubled = ids.filter((id, at) => ids.indexOf(id) !== at);
  const named = [
    ...all(html, /\s(?:for|aria-labelledby)="([^"]*)"/g),
    ...all(html, /\saria-describedby="([^"]*)"/g).flatMap((one) => one.split(' ')),
    ...all(html, /href="#([^"]*)"/g),
  ];
  const labels = new Set(all(html, /<label for="([^"]*)"/g));
  const controls = [...html.matchAll(/<(?:input|textarea|select)\b[^>]*>/g)]
    .map(([tag]) => tag)
    .filter((tag) => !tag.includes('type="hidden"'));
  // A form that only asks carries no token: it would stand in the address.
  const forms = html.split('<form ').filter((one, at) => at > 0 && !one.startsWith('method="get"'));
  return [
    ...doubled.map((id) => `id twice: ${id}`),
    ...named.filter((id) => !known.has(id)).map((id) => `no such id: ${id}`),
    ...controls
      .filter((tag) => !labels.has(/\sid="([^"]*)"/.exec(tag)?.[1] ?? ''))
      .map((tag) => `without label: ${tag}`),
    ...forms.filter((form) => !form.split('</form>')[0]?.includes('name="csrf"')).map((form) => form.slice(0, 60)),
    ...(/<script|\son\w+=|javascript:/i.test(html) ? ['script'] : []),
    ...(/undefined|\[object|NaN/.test(html) ? ['something that was never meant to be read'] : []),
  ];
}

/** The page has no such fault. */
export function expectSound(html: string): void {
  expect(faultsIn(html)).toEqual([]);
}
