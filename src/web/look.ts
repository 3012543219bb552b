import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { RequestHandler } from 'express';

const own = (path: string) => new URL(`./assets/${path}`, import.meta.url);
const packaged = createRequire(import.meta.url);

/** The components our pages are made of. The candidates of NL Design System where there is one, Utrecht's for the rest. */
const components = [
  ...['button', 'data-badge', 'heading', 'link', 'number-badge', 'paragraph', 'skip-link'].map(
    (name) => `@nl-design-system-candidate/${name}-css/${name}.css`,
  ),
  ...[
    'alert',
    'badge-status',
    'checkbox',
    'data-list',
    'form-field',
    'form-field-error-message',
    'form-label',
    'radio-button',
    'select',
    'table',
    'textarea',
    'textbox',
  ].map((name) => `@utrecht/${name}-css/dist/index.min.css`),
];

const notice = '/*! Components: NL Design System candidate and Utrecht, EUPL-1.2 */\n';
const sourceMap = /\/\*# sourceMappingURL=.*?\*\//g;
/** What is said to who writes the rules is not sent to who reads the page. */
const comment = /\/\*[\s\S]*?\*\/\s*/g;

/**
 * The one style of every page: the components from their packages in a layer below our own rules, their tokens, and the
 * colours of a region. `theme` is the name of a file in assets/themes; throws when it is not there.
 */
export async function buildStyle(theme: string): Promise<string> {
  const read = (path: string) => readFile(packaged.resolve(path), 'utf8');
  const [parts, colours, tokens, rules] = await Promise.all([
    Promise.all(components.map(read)),
    readFile(own(`themes/${theme}.css`), 'utf8').catch(() => {
      throw new Error(`THEME: there is no theme "${theme}" in src/web/assets/themes`);
    }),
    readFile(own('tokens.css'), 'utf8'),
    readFile(own('kortelijn.css'), 'utf8'),
  ]);
  const layer = parts.map((one) => one.replaceAll(sourceMap, '').trim()).join('\n');
  const ours = `${colours}${tokens}${rules}`.replaceAll(comment, '');
  return `${notice}@layer components {\n${layer}\n}\n${ours}`;
}

/** A file of ours as it is served: its bytes and a tag that changes with them, so that a new version is seen at once. */
function served(type: string, text: string): RequestHandler {
  const body = Buffer.from(text);
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return (_request, response) => {
    response.set({ 'Cache-Control': 'public, no-cache', ETag: tag }).type(type).send(body);
  };
}

/** Handlers of the style, the script and the icon, by their address; all read once. */
export async function lookOf(theme: string): Promise<ReadonlyMap<string, RequestHandler>> {
  const [style, script, icon] = await Promise.all([
    buildStyle(theme),
    readFile(own('kortelijn.js'), 'utf8'),
    readFile(own('icon.svg'), 'utf8'),
  ]);
  return new Map([
    ['/assets/kortelijn.css', served('css', style)],
    ['/assets/kortelijn.js', served('js', script)],
    ['/assets/icon.svg', served('image/svg+xml; charset=utf-8', icon)],
  ]);
}
