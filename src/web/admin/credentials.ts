import { Router } from 'express';
import type { Directory } from '../../referral/directory/directory.ts';
import { isRefusal } from '../../referral/refusal.ts';
import {
  giveCredential,
  type ListedCredential,
  listCredentials,
  revokeCredential,
} from '../../store/access/credentials.ts';
import {
  field,
  noteList,
  query,
  send,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { PageParts } from '../page.ts';
import { adminLine, reasonField, reasonIn, smallForm } from '../queue/reason.ts';
import type { Site } from '../site.ts';

const place = '/admin/credentials';
const applicationName = /^[\w.-]{2,80}$/;

function item(one: ListedCredential, directory: Directory, visit: Visit): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  const revoked = one.revokedAt && `${t('ingetrokken', 'revoked')} ${momentText(one.revokedAt, language)}`;
  return html`
    <li class="delivery">
      <div class="lead">${directory.practices.get(one.practice)?.name ?? one.practice} <span>${one.application}</span></div>
      <p class="more">
        <span class="code">${one.id}</span>
        <span>${t('gegeven', 'given')} ${momentText(one.createdAt, language)}</span>
        ${revoked && html`<span>${revoked}</span>`}
      </p>
      ${
        !one.revokedAt &&
        html`
          <details>
            <summary>${t('Intrekken', 'Revoke')}<span class="vh"> ${one.id}</span></summary>
            ${smallForm(
              visit,
              `${place}/${one.id}/revoke`,
              html`
                ${reasonField(visit, `why-${one.id}`)}
                <p class="buttons">
                  <button class="danger">${t('Nu intrekken', 'Revoke now')}<span class="vh"> ${one.id}</span></button>
                </p>`,
            )}
          </details>`
      }
    </li>`;
}

function giveForm(visit: Visit, directory: Directory): Markup {
  const t = sayIn(visit.viewer.language);
  const options = [...directory.practices.values()].map((one) => html`<option value="${one.id}">${one.name}</option>`);
  return smallForm(
    visit,
    place,
    html`
      <div class="field">
        <label for="practice">${t('Praktijk', 'Practice')}</label>
        <select id="practice" name="practice">${options}</select>
      </div>
      <div class="field">
        <label for="application">${t('Naam van hun systeem', 'Name of their system')}</label>
        <p class="hint" id="application-hint">${t(
          'Letters, cijfers en . _ -. Vervangt u een sleutel, neem dan dezelfde naam: daaraan herkennen wij een bericht dat nog eens komt.',
          'Letters, digits and . _ -. When you replace a credential, take the same name: by it we know a message that comes again.',
        )}</p>
        <input id="application" name="application" maxlength="80" autocomplete="off" spellcheck="false" required
          aria-describedby="application-hint">
      </div>
      ${reasonField(visit)}
      <p class="buttons"><button>${t('Geef een sleutel', 'Give a credential')}</button></p>`,
  );
}

async function listPage(site: Site, visit: Visit, notice?: PageParts['notice'], status = 200): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const [credentials, directory] = await Promise.all([listCredentials(site.store), site.directory()]);
  await noteList(site, viewer.actor, 'credentials', credentials.length);
  const title = t('Sleutels van praktijken', 'Credentials of practices');
  const main = html`
    <p><a href="/admin/clients">${t('Naar de systemen', 'To the systems')}</a></p>
    <h1>${title}</h1>
    <p>${t(
      'Hiermee mag het systeem van een praktijk verwijzingen sturen. Wij bewaren de sleutel zelf niet, dus niemand kan hem later nog opzoeken.',
      'With this the system of a practice may send referrals. We do not keep the credential itself, so nobody can look it up later.',
    )}</p>
    ${
      credentials.length > 0
        ? html`<ul class="deliveries">${credentials.map((one) => item(one, directory, visit))}</ul>`
        : html`<p class="empty">${t('Er is nog geen sleutel gegeven.', 'No credential was given yet.')}</p>`
    }
    <section class="move" aria-labelledby="give">
      <h2 id="give">${t('Geef een sleutel', 'Give a credential')}</h2>
      ${giveForm(visit, directory)}
    </section>`;
  const isRevoked = query(request, 'done') === 'revoked';
  const done = { kind: 'done' as const, text: t('De sleutel werkt niet meer.', 'The credential works no more.') };
  const shown = notice ?? (isRevoked ? done : undefined);
  send(visit, { title, main, ...(shown && { notice: shown }) }, status);
}

/** Gives a credential and shows it in this answer alone. */
async function give(site: Site, visit: Visit): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const refused = (text: string) => listPage(site, visit, { kind: 'refused', text }, 422);
  const practice = (await site.directory()).practices.get(field(request.body, 'practice'));
  const application = field(request.body, 'application');
  if (!practice || !applicationName.test(application))
    return refused(
      t(
        'Kies een praktijk en schrijf de naam van hun systeem met letters, cijfers en . _ -. Er is niets veranderd.',
        'Choose a practice and write the name of their system in letters, digits and . _ -. Nothing was changed.',
      ),
    );
  const reason = reasonIn(request.body);
  if (isRefusal(reason)) return refused(sentences(reason, viewer));
  const at = site.store.clock().toISOString();
  const { token, id } = await giveCredential(site.store, { practice: practice.id, application }, (given) =>
    adminLine(viewer.actor, at, 'credential-given', { object: `credential/${given}`, code: practice.id, reason }),
  );
  const title = t('De sleutel', 'The credential');
  const main = html`
    <h1>${title}</h1>
    <p>${t(`Voor ${practice.name}, ${application}.`, `For ${practice.name}, ${application}.`)}</p>
    <p class="panel"><strong class="code">${token}</strong></p>
    <p>
      ${t(
        'Kopieer hem nu en geef hem veilig aan hun leverancier: u ziet hem maar één keer. In de lijst heet hij',
        'Copy it now and hand it safely to their supplier: you see it only once. In the list it is called',
      )} <span class="code">${id}</span>.
    </p>
    <p><a class="button" href="${place}">${t('Ik heb de sleutel', 'I have the credential')}</a></p>`;
  send(visit, { title, main });
}

async function revoke(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const id = String(request.params.id);
  const reason = reasonIn(request.body);
  if (isRefusal(reason)) return listPage(site, visit, { kind: 'refused', text: sentences(reason, viewer) }, 422);
  const at = site.store.clock().toISOString();
  const line = adminLine(viewer.actor, at, 'credential-revoked', { object: `credential/${id}`, reason });
  const known = (await listCredentials(site.store)).some((one) => one.id === id && !one.revokedAt);
  if (!known || !(await revokeCredential(site.store, id, line))) return sendNotFound(visit);
  response.redirect(303, `${place}?done=revoked`);
}

/** The pages of bearer credentials of practices: give, shown once, and revoke. No patient data. */
export function credentialPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const admin = (handle: (site: Site, visit: Visit) => Promise<void>) =>
    visiting('administrator', viewerOf, (visit) => handle(site, visit));
  router.get(place, admin(listPage));
  router.post(place, admin(give));
  router.post(`${place}/:id/revoke`, admin(revoke));
  return router;
}
