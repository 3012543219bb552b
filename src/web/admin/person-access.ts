import { Router } from 'express';
import type { Said } from '../../fhir/outcome.ts';
import type { PersonMove } from '../../referral/person-move.ts';
import { isRefusal } from '../../referral/refusal.ts';
import { type Admitted, listAdmitted, movePerson } from '../../store/access/locked-out.ts';
import { field, query, send, sendNotFound, sentences, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import { adminLine, reasonField, reasonIn, smallForm } from '../queue/reason.ts';
import type { Site } from '../site.ts';

/** The event in the trail of each move. */
export const personEvents: Readonly<Record<PersonMove['to'], string>> = {
  'sessions-ended': 'person-sessions-ended',
  'locked-out': 'person-locked-out',
  'let-in': 'person-let-in',
};
const moves = Object.keys(personEvents) as PersonMove['to'][];

const buttonSaid: Readonly<Record<PersonMove['to'], Said>> = {
  'sessions-ended': { nl: 'Overal uitloggen', en: 'Sign out everywhere' },
  'locked-out': { nl: 'Niet meer toelaten', en: 'Lock out' },
  'let-in': { nl: 'Weer toelaten', en: 'Let in again' },
};
const doneSaid: Readonly<Record<PersonMove['to'], Said>> = {
  'sessions-ended': { nl: 'Overal uitgelogd.', en: 'Signed out everywhere.' },
  'locked-out': { nl: 'Uitgelogd, en niet meer toegelaten.', en: 'Signed out, and locked out.' },
  'let-in': { nl: 'Weer toegelaten.', en: 'Let in again.' },
};

const addressOf = (person: string) => `/admin/directory/people/${encodeURIComponent(person)}/access`;

/** The link from a person's page of the directory. */
export function accessLink(person: string, visit: Visit): Markup {
  const t = sayIn(visit.viewer.language);
  return html`
    <p>
      <a href="${addressOf(person)}">${t(
        'Inloggen en uitloggen van deze persoon',
        'Signing in and out of this person',
      )}</a>
    </p>`;
}

function stateText(now: Admitted | undefined, { viewer }: Visit): Markup {
  const t = sayIn(viewer.language);
  const { sessions = 0, seenAt = null, lockedOutAt = null } = now ?? {};
  const out =
    lockedOutAt &&
    html`<p>${t('Niet toegelaten sinds', 'Locked out since')} ${momentText(lockedOutAt, viewer.language)}.</p>`;
  const last = seenAt && html`, ${t('laatst gebruikt', 'last used')} ${momentText(seenAt, viewer.language)}`;
  return html`${out}<p>${t('Nu ingelogd op', 'Signed in at')} ${sessions} ${t('plaatsen', 'places')}${last}.</p>`;
}

async function accessPage(site: Site, visit: Visit, refused?: string): Promise<void> {
  const { viewer, request } = visit;
  const id = String(request.params.id);
  const t = sayIn(viewer.language);
  const role = (await site.directory()).roles.get(id);
  const [now] = await listAdmitted(site.store, id);
  // Who left is not in the directory as it is now, and may still have to be let in or out.
  if (!role && !now && !(await site.directory()).closed?.has(id)) return sendNotFound(visit);
  const title = `${t('Inloggen', 'Signing in')}: ${role?.name ?? id}`;
  const offered = moves.filter((to) =>
    to === 'sessions-ended' ? (now?.sessions ?? 0) > 0 : (to === 'let-in') === Boolean(now?.lockedOutAt),
  );
  const buttons = offered.map(
    (to) => html`<button name="to" value="${to}">${buttonSaid[to][viewer.language]}</button> `,
  );
  const main = html`
    <p><a href="/admin/directory/people/${id}">${t('Naar de persoon', 'To the person')}</a></p>
    <h1>${title}</h1>
    ${stateText(now, visit)}
    <p>${t(
      'Niet toelaten geldt meteen, hoe iemand ook inlogt. De verwijzingen gaan pas naar een ander met een laatste dag of afwezigheid.',
      'Locking out works at once, however someone signs in. Their referrals go to another only with a last day or an absence.',
    )}</p>
    ${smallForm(visit, addressOf(id), html`${reasonField(visit)}<p>${buttons}</p>`)}`;
  const to = moves.find((one) => one === query(request, 'done'));
  const text = refused ?? (to && doneSaid[to][viewer.language]);
  const notice = text && { notice: { kind: refused ? ('refused' as const) : ('done' as const), text } };
  send(visit, { title, main, ...notice }, refused ? 422 : 200);
}

async function act(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const id = String(request.params.id);
  const to = moves.find((one) => one === field(request.body, 'to'));
  if (!to) return sendNotFound(visit);
  const reason = reasonIn(request.body);
  if (isRefusal(reason)) return accessPage(site, visit, sentences(reason, viewer));
  const [now] = await listAdmitted(site.store, id);
  const directory = await site.directory();
  if (!now && !directory.roles.has(id) && !directory.closed?.has(id)) return sendNotFound(visit);
  const at = site.store.clock().toISOString();
  const line = adminLine(viewer.actor, at, personEvents[to], { object: `PractitionerRole/${id}`, reason });
  // Pressed twice it is as it was asked: the first one stands in the trail.
  await movePerson(site.store, to, id, line);
  response.redirect(303, `${addressOf(id)}?done=${to}`);
}

/** Whether a person of the directory is signed in, and ending that: now, or until they are let in again. No patient data. */
export function personAccessPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const place = '/admin/directory/people/:id/access';
  router.get(
    place,
    visiting('administrator', viewerOf, (visit) => accessPage(site, visit)),
  );
  router.post(
    place,
    visiting('administrator', viewerOf, (visit) => act(site, visit)),
  );
  return router;
}
