import { Router } from 'express';
import { type FormFields, formFields } from '../../intake/refer/fields.ts';
import type { Actor } from '../../referral/actor.ts';
import { type DraftOwner, dropDraft, keepDraft, readDraft } from '../../store/drafts.ts';
import { csrfField, noteList, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Site } from '../site.ts';
import { typedPerson } from './person-fields.ts';

/** A working day: who was called away at nine goes on after lunch, and nobody finds it next week. */
const lifetimeMs = 8 * 3_600_000;

const ownerOf = (actor: Actor): DraftOwner => ({ practice: actor.organization ?? '', actor: actor.id });

/** Keeps the form as it now is; one in which nothing was typed is not worth keeping. */
export async function keepForm(site: Site, actor: Actor, fields: FormFields): Promise<void> {
  const { danger: _, ...rest } = fields;
  const typed = Object.entries(rest).filter(([, value]) => value !== '');
  if (typed.some(([name]) => name !== 'form'))
    await keepDraft(site.store, ownerOf(actor), Object.fromEntries(typed), lifetimeMs);
}

/** The form was sent. */
export function dropForm(site: Site, actor: Actor): Promise<void> {
  return dropDraft(site.store, ownerOf(actor));
}

/** The form as it was kept, with the first question still to be asked (H1), and its own id: sent twice it stays one. */
export async function keptForm(site: Site, actor: Actor): Promise<FormFields> {
  return (await readDraft<FormFields>(site.store, ownerOf(actor)))?.content ?? {};
}

/**
 * What the reader was writing when the connection, the session or the day got in between: to go on with, or to throw
 * away. The first question is asked anew (H1). That it was shown is noted.
 */
export async function draftPart(site: Site, { viewer }: Visit): Promise<Markup | undefined> {
  const t = sayIn(viewer.language);
  const draft = await readDraft<FormFields>(site.store, ownerOf(viewer.actor));
  if (!draft) return undefined;
  await noteList(site, viewer.actor, 'refer/draft', 1);
  return html`<section class="panel" aria-labelledby="draft">
<h2 id="draft">${t('U was bezig met een verwijzing', 'You were writing a referral')}</h2>
${typedPerson(draft.content, viewer)}
<p>${t(
    `Bewaard op ${momentText(draft.savedAt, 'nl')}. Er is nog niets verstuurd.`,
    `Kept on ${momentText(draft.savedAt, 'en')}. Nothing was sent yet.`,
  )}</p>
<div class="buttons">
<form method="post" action="/refer/draft/open">${csrfField(viewer)}<button>${t('Ga verder', 'Go on')}</button></form>
<form method="post" action="/refer/draft/drop">${csrfField(viewer)}
<button class="quiet">${t('Gooi weg', 'Throw away')}</button></form></div></section>`;
}

/** Keeping and throwing away a form, at `/refer/draft`, behind sign-in, form parsing and the CSRF check. */
export function referDraftPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  router.post(
    '/refer/draft',
    visiting('practice', viewerOf, async ({ request, response, viewer }) => {
      await keepForm(site, viewer.actor, formFields(request.body));
      response.status(204).end();
    }),
  );
  router.post(
    '/refer/draft/drop',
    visiting('practice', viewerOf, async ({ response, viewer }) => {
      await dropForm(site, viewer.actor);
      response.redirect(303, '/refer');
    }),
  );
  return router;
}
