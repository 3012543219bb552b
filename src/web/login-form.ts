import type { Language } from '../fhir/outcome.ts';
import { passwordLengthMax } from '../identity/password.ts';
import type { Actor } from '../referral/actor.ts';
import { html, type Markup, sayIn } from './html.ts';
import { page } from './page.ts';

/** An invented user whom the demo's log-in page names. */
export interface DemoPerson {
  readonly username: string;
  readonly name: string;
  readonly role: Actor['role'];
}

function demoList(language: Language, people: readonly DemoPerson[]): Markup {
  const t = sayIn(language);
  return html`<section class="note"><h2>${t('Oefenomgeving', 'Practice environment')}</h2>
<p>${t(
    'Deze mensen zijn verzonnen. Hun wachtwoorden staan in het venster waarin Kortelijn is gestart.',
    'These people are invented. Their passwords are in the window where Kortelijn was started.',
  )}</p>
<ul>${people.map(
    (one) => html`<li><strong>${one.username}</strong>: ${one.name}${one.role === 'wally' && ', Wally'}</li>`,
  )}</ul></section>`;
}

interface FormParts {
  readonly uid: string;
  readonly username: string;
  readonly problem?: string;
  readonly demo: readonly DemoPerson[];
}

/** The log-in form of the embedded issuer, with what was wrong with what was typed. */
export function loginForm(language: Language, { uid, username, problem, demo }: FormParts): string {
  const t = sayIn(language);
  const main = html`<h1>${t('Inloggen', 'Sign in')}</h1>
<form method="post" action="/oauth/interaction/${uid}" class="narrow">
<p><label for="username">${t('Gebruikersnaam', 'Username')}</label>
<input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none"
spellcheck="false" required maxlength="100"></p>
<p><label for="password">${t('Wachtwoord', 'Password')}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="${passwordLengthMax}"></p>
<p><button class="main">${t('Inloggen', 'Sign in')}</button></p>
</form>${demo.length > 0 && demoList(language, demo)}`;
  return page({
    title: t('Inloggen', 'Sign in'),
    language,
    main,
    ...(problem && { notice: { kind: 'refused' as const, text: problem } }),
  });
}
