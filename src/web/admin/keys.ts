import { cookieName, cookieOptions, readCookie } from '../../identity/sessions.ts';
import { csrfField, field, type Visit } from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { Site } from '../site.ts';

const cookie = 'kl_keys';
const yearMs = 365 * 86_400_000;

/** Keys are on until someone switches them off in this browser (WCAG 2.1.4). The cookie says "off" and nothing else. */
export function keysOn(site: Site, { request }: Visit): boolean {
  return readCookie(request, cookieName(site.publicUrl, cookie)) !== 'off';
}

/** The switch was pressed: back to the worklist. */
export function switchKeys(site: Site, { request, response }: Visit): void {
  const off = field(request.body, 'keys') === 'off';
  response.cookie(cookieName(site.publicUrl, cookie), off ? 'off' : 'on', {
    ...cookieOptions(site.publicUrl),
    maxAge: yearMs,
  });
  response.redirect(303, '/worklist');
}

/** Which keys there are, and the switch. What stands here is what the script reads: no `data-keys`, no keys. */
export function keysPart(site: Site, visit: Visit): Markup {
  const t = sayIn(visit.viewer.language);
  const on = keysOn(site, visit);
  const keys = [
    ['j / k', t('volgende, vorige verwijzing', 'next, previous referral')],
    ['a', t('aannemen', 'accept')],
    ['v', t('aannemen en volgende', 'accept and next')],
    ['t', t('terugkoppelen', 'report back')],
    ['w', t('naar de werklijst', 'to the worklist')],
  ] as const;
  return html`
    <details class="keys"${on && html` data-keys`}>
      <summary>${
        on ? t('Sneltoetsen staan aan', 'Keyboard keys are on') : t('Sneltoetsen staan uit', 'Keyboard keys are off')
      }</summary>
      <ul class="plain">${keys.map(([key, said]) => html`<li><kbd>${key}</kbd> ${said}</li>`)}</ul>
      <form method="post" action="/worklist/keys">
        ${csrfField(visit.viewer)}
        <button name="keys" value="${on ? 'off' : 'on'}" class="quiet">${
          on ? t('Zet sneltoetsen uit', 'Switch the keys off') : t('Zet sneltoetsen aan', 'Switch the keys on')
        }</button>
      </form>
    </details>`;
}
