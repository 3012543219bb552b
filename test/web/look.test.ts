import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { dress } from '../../src/web/dress.ts';
import { html } from '../../src/web/html.ts';
import { buildStyle } from '../../src/web/look.ts';
import { page } from '../../src/web/page.ts';

const assets = new URL('../../src/web/assets/', import.meta.url);
const themes = (await readdir(new URL('themes/', assets))).map((file) => file.replace('.css', ''));

/** Relative luminance (WCAG 2.2, 1.4.3) of #rgb or #rrggbb. */
function luminance(colour: string): number {
  const digits = colour.length === 4 ? [...colour.slice(1)].map((one) => one + one).join('') : colour.slice(1);
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

test('there are two themes at least, and one that is not there is said at the start', async () => {
  expect(themes.length).toBeGreaterThanOrEqual(2);
  await expect(buildStyle('nergens')).rejects.toThrow('THEME');
});

test.each(themes)('the theme %s can be read, and its style is one small file without other hosts', async (theme) => {
  const style = await buildStyle(theme);
  expect(gzipSync(style).length).toBeLessThanOrEqual(15_000);
  expect(style).not.toMatch(/url\(|@import|https?:\/\/(?!\S*license)/i);
  const text = await readFile(new URL(`themes/${theme}.css`, assets), 'utf8');
  const colours = Object.fromEntries([...text.matchAll(/--([a-z-]+): (#[0-9a-f]{3,6});/g)].map(([, k, v]) => [k, v]));
  const grounds: Record<string, readonly string[]> = {
    ink: ['paper', 'card', 'number', 'accent-soft', 'danger-soft', 'safety-soft', 'warn-soft'],
    quiet: ['paper', 'card', 'accent-soft', 'danger-soft', 'safety-soft'],
    accent: ['paper', 'card', 'accent-soft', 'safety-soft', 'danger-soft'],
    warn: ['paper', 'card', 'warn-soft'],
    danger: ['paper', 'card', 'danger-soft'],
    safety: ['card', 'safety-soft'],
  };
  for (const [colour, on] of Object.entries(grounds))
    for (const ground of on)
      expect(contrast(colours[colour] ?? '', colours[ground] ?? ''), `${colour} on ${ground}`).toBeGreaterThan(4.5);
  for (const solid of ['accent', 'accent-dark', 'danger', 'danger-dark'])
    expect(contrast('#fff', colours[solid] ?? ''), solid).toBeGreaterThan(4.5);
  for (const edge of ['edge', 'focus'])
    for (const ground of ['paper', 'card'])
      expect(contrast(colours[edge] ?? '', colours[ground] ?? ''), `${edge} on ${ground}`).toBeGreaterThan(3);
});

test('every colour and measure that the rules use is given', async () => {
  const style = await buildStyle('kortelijn');
  const own = await readFile(new URL('kortelijn.css', assets), 'utf8');
  const used = new Set([...own.matchAll(/var\(--([\w-]+)\)/g)].map(([, name]) => name));
  for (const name of used) expect(style, name).toContain(`--${name}:`);
  // A hand-written colour would not change with the region.
  expect(own.match(/#[0-9a-f]{3,6}\b/gi)).toBeNull();
});

test('the script is small and asks nobody', async () => {
  const script = await readFile(new URL('kortelijn.js', assets), 'utf8');
  expect(Buffer.byteLength(script)).toBeLessThanOrEqual(5_000);
  expect(script).not.toMatch(/https?:|localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML|eval/);
});

test('elements get the component that shows them, and nothing that was typed is touched', () => {
  expect(dress('<button>Ja</button>')).toBe('<button class="nl-button nl-button--primary">Ja</button>');
  expect(dress('<a class="button quiet" href="/x">Ja</a>')).toBe(
    '<a class="button quiet nl-button nl-button--secondary" href="/x">Ja</a>',
  );
  expect(dress('<input type="hidden" name="csrf" value="x">')).toBe('<input type="hidden" name="csrf" value="x">');
  expect(dress('<p class="error" id="a-error">Nee</p>')).toContain(
    'class="error nl-paragraph utrecht-form-field-error',
  );
  const typed = '<p>"<input type=radio>';
  expect(dress(html`<textarea name="x">${typed}</textarea>`.text)).toContain(html`${typed}`.text);
});

test('the menu says where one is', () => {
  const viewer = {
    actor: { id: 'wally-sanne', name: 'Sanne', role: 'wally' },
    language: 'nl',
    csrf: 'token',
  } as const;
  const at = (path: string) =>
    /<a href="([^"]*)" aria-current="page"/.exec(page({ title: '', language: 'nl', viewer, main: html``, path }))?.[1];
  expect(at('/worklist/questions')).toBe('/worklist/questions');
  expect(at('/worklist/01a20195-fa14-7021-9158-7ab835f806b8')).toBe('/worklist');
  expect(at('/worklists')).toBeUndefined();
});
