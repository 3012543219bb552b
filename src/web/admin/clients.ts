import { Router } from 'express';
import type { Said } from '../../fhir/outcome.ts';
import {
  clientKinds,
  readRegistration,
  registrationChange,
  revocationChange,
  type TypedClient,
} from '../../identity/registration.ts';
import type { Change } from '../../referral/change.ts';
import type { ClientKind } from '../../referral/client-entry.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { httpStatus, isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { type Client, listClients } from '../../store/access/clients.ts';
import {
  csrfField,
  decide,
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
import { type Controls, errorSummary, type Fault, faultOf, hintOf, radiosOf, ties } from '../form-controls.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Site } from '../site.ts';
import { endStopped, stoppedPart } from './stopped-subscriptions.ts';

const kindSaid: Record<ClientKind, Said> = {
  practice: { nl: 'een praktijk', en: 'a practice' },
  team: { nl: 'een organisatie van Wally’s', en: 'an organisation of Wallys' },
  wally: { nl: 'één Wally', en: 'one Wally' },
  coordinator: { nl: 'de coördinator (alleen cijfers)', en: 'the coordinator (numbers only)' },
  administrator: { nl: 'de beheerder (geen gegevens van inwoners)', en: 'the administrator (no data of residents)' },
};

const doneSaid: Record<string, Said> = {
  registered: { nl: 'Het systeem is aangemeld.', en: 'The system is registered.' },
  changed: { nl: 'Opgeslagen.', en: 'Saved.' },
  ended: { nl: 'Beëindigd. Het staat in het logboek.', en: 'Ended. It stands in the audit trail.' },
  revoked: { nl: 'Het systeem kan er niet meer in.', en: 'The system cannot come in any more.' },
};

/** The name of a party in the directory; its id when it is there no more. */
function partyName(directory: Directory, party: string): string {
  const { practices, teams, roles } = directory;
  return practices.get(party)?.name ?? teams.get(party)?.name ?? roles.get(party)?.name ?? party;
}

function item(one: Client, directory: Directory, visit: Visit): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const who = one.party ? partyName(directory, one.party) : kindSaid[one.kind][viewer.language];
  const used = one.usedAt ? momentText(one.usedAt, viewer.language) : t('nog nooit', 'never yet');
  const revoked = one.revokedAt && `${t('ingetrokken', 'revoked')} ${momentText(one.revokedAt, viewer.language)}`;
  return html`
    <li class="referral">
      <div class="lead">
        ${one.revokedAt ? one.name : html`<a href="/admin/clients/${one.id}">${one.name}</a>`} <span>${who}</span>
      </div>
      <div class="more">
        <span class="code">${one.id}</span>
        <span>${one.scopes.join(' ')}</span>
        <span>${t('laatst gebruikt', 'last used')}: ${used}</span>
        ${revoked && html`<span>${revoked}</span>`}
      </div>
      ${
        !one.revokedAt &&
        html`
          <form method="post" action="/admin/clients/${one.id}/revoke">
            ${csrfField(viewer)}
            <button class="quiet danger">${t('Nu intrekken', 'Revoke now')}<span class="vh"> ${one.name}</span></button>
          </form>`
      }
    </li>`;
}

async function list(site: Site, visit: Visit, refused?: Refusal): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const [clients, directory] = await Promise.all([listClients(site.store), site.directory()]);
  await noteList(site, viewer.actor, 'clients', clients.length);
  const title = t('Systemen', 'Systems');
  const done = doneSaid[query(visit.request, 'done')];
  const notice = refused
    ? { kind: 'refused' as const, text: sentences(refused, viewer) }
    : done && { kind: 'done' as const, text: done[viewer.language] };
  const main = html`
    <h1>${title}</h1>
    <p>${t(
      'Systemen van anderen die hier gegevens mogen halen of brengen. Elk werkt voor één partij en ziet niets van een ander.',
      'Systems of others that may fetch or bring data here. Each works for one party and sees nothing of another.',
    )}</p>
    <p class="buttons">
      <a class="button" href="/admin/clients/new">${t('Systeem aanmelden', 'Register a system')}</a>
      <a href="/admin/credentials">${t('Sleutels van praktijken', 'Credentials of practices')}</a>
    </p>
    ${
      clients.length > 0
        ? html`<ul class="referrals">${clients.map((one) => item(one, directory, visit))}</ul>`
        : html`<p class="empty">${t('Er is nog geen systeem aangemeld.', 'No system is registered yet.')}</p>`
    }
    ${await stoppedPart(site, visit, { clients, directory })}`;
  send(visit, { title, main, ...(notice && { notice }) }, refused ? httpStatus(refused) : 200);
}

const typedOf = (client: Client): TypedClient => ({
  ...{ id: client.id, name: client.name, kind: client.kind, party: client.party ?? '' },
  scopes: client.scopes.join(' '),
  keys: client.jwksUrl ?? (client.jwks ? JSON.stringify(client.jwks, undefined, 2) : ''),
});

function partyChoice(parts: Controls, directory: Directory): Markup {
  const t = sayIn(parts.viewer.language);
  const hint = t('Bij coördinator en beheerder: geen.', 'For coordinator and administrator: none.');
  const options = (label: string, of: Iterable<{ id: string; name: string }>) => html`
    <optgroup label="${label}">
      ${[...of].map(
        (one) =>
          html`<option value="${one.id}"${parts.fields.party === one.id && html` selected`}>${one.name}</option>`,
      )}
    </optgroup>`;
  const wallys = [...directory.roles.values()].filter((one) => one.kind === 'wally');
  return html`
    <div class="field">
      <label for="party">${t('Welke', 'Which')}</label>
      ${hintOf('party', hint)}
      ${faultOf(parts, 'party')}
      <select id="party" name="party"${ties(parts, 'party', true)}>
        <option value="">${t('geen', 'none')}</option>
        ${options(t('Praktijken', 'Practices'), directory.practices.values())}
        ${options(t('Organisaties', 'Organisations'), directory.teams.values())}
        ${options('Wally’s', wallys)}
      </select>
    </div>`;
}

function form(parts: Controls, directory: Directory, known: boolean): Markup {
  const t = sayIn(parts.viewer.language);
  const text = (name: keyof TypedClient, label: string, hint?: string) => html`
    <div class="field">
      <label for="${name}">${label}</label>
      ${hintOf(name, hint)}
      ${faultOf(parts, name)}
      <input id="${name}" name="${name}" value="${parts.fields[name]}" autocomplete="off"
        spellcheck="false"${ties(parts, name, Boolean(hint))}>
    </div>`;
  const keysHint = t(
    'Het https-adres van de JWKS, of de JWKS zelf (publieke sleutels, ES384 of RS384). Leeg als een andere uitgever de tokens geeft.',
    'The https address of the JWKS, or the JWKS itself (public keys, ES384 or RS384). Empty when another issuer gives the tokens.',
  );
  return html`
    ${errorSummary(parts.faults, parts.viewer)}
    <form method="post">
      ${csrfField(parts.viewer)}
      ${text('name', t('Naam', 'Name'))}
      ${!known && text('id', 'Client id', t('Leeg: wij maken er een.', 'Empty: we make one.'))}
      ${radiosOf(
        parts,
        'kind',
        t('Voor wie werkt het', 'For whom does it work'),
        clientKinds.map((kind) => [kind, kindSaid[kind][parts.viewer.language]] as const),
      )}
      ${partyChoice(parts, directory)}
      ${text(
        'scopes',
        t('Rechten', 'Scopes'),
        t('Bijvoorbeeld: system/Task.rs system/Communication.c', 'For example: system/Task.rs system/Communication.c'),
      )}
      <div class="field">
        <label for="keys">${t('Sleutels', 'Keys')}</label>
        ${hintOf('keys', keysHint)}
        ${faultOf(parts, 'keys')}
        <textarea id="keys" name="keys" rows="6" spellcheck="false"${ties(parts, 'keys', true)}>${parts.fields.keys}</textarea>
      </div>
      <p class="buttons">
        <button>${t('Opslaan', 'Save')}</button>
        <a href="/admin/clients">${t('Niet opslaan', 'Do not save')}</a>
      </p>
    </form>`;
}

async function sendForm(
  site: Site,
  visit: Visit,
  typed: TypedClient,
  id: string | undefined,
  faults: readonly Fault[] = [],
): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const title = id ? typed.name || id : t('Systeem aanmelden', 'Register a system');
  const main = html`
    <p><a href="/admin/clients">${t('Naar de systemen', 'To the systems')}</a></p>
    <h1>${title}</h1>
    ${form({ viewer, fields: { ...typed }, faults }, await site.directory(), id !== undefined)}`;
  const wrong = faults.length > 0 ? t('Fout: ', 'Error: ') : '';
  send(visit, { title: `${wrong}${title}`, main }, faults.length > 0 ? 422 : 200);
}

const idTaken: Said = {
  nl: 'Dit client id is al eens gebruikt. Kies een ander.',
  en: 'This client id was used before. Choose another.',
};
const gone: Said = { nl: 'Dit systeem is ingetrokken of er niet.', en: 'This system was revoked, or is not there.' };

async function save(site: Site, visit: Visit, id: string | undefined): Promise<void> {
  const { viewer, request, response } = visit;
  const get = (name: keyof TypedClient) => field(request.body, name);
  const typed = {
    id: id ?? get('id'),
    name: get('name'),
    kind: get('kind'),
    party: get('party'),
    scopes: get('scopes'),
    keys: get('keys'),
  };
  const entry = readRegistration(typed, await site.directory(), site.store.newId);
  if ('faults' in entry) return sendForm(site, visit, typed, id, entry.faults);
  const outcome = await decide(
    site,
    viewer.actor,
    async () => (await listClients(site.store)).find((one) => one.id === entry.id) ?? 'new',
    (known, acting): Change | Refusal => {
      const at = acting.now.toISOString();
      if (known === 'new')
        return id
          ? refuse(issue('not-found', 'no-such-client', '', gone))
          : registrationChange('registered', entry, viewer.actor, at);
      if (!id) return refuse(issue('duplicate', 'client-id-taken', 'id', idTaken));
      return known.revokedAt
        ? refuse(issue('not-found', 'no-such-client', '', gone))
        : registrationChange('changed', entry, viewer.actor, at);
    },
  );
  if (isRefusal(outcome)) {
    const isTaken = outcome.refused[0]?.reason === 'client-id-taken';
    return isTaken ? sendForm(site, visit, typed, id, [{ field: 'id', said: idTaken }]) : list(site, visit, outcome);
  }
  response.redirect(303, `/admin/clients?done=${id ? 'changed' : 'registered'}`);
}

async function revoke(site: Site, visit: Visit, id: string): Promise<void> {
  const read = async () => (await listClients(site.store)).find((one) => one.id === id);
  const { actor } = visit.viewer;
  const outcome = await decide(site, actor, read, (known, acting) =>
    known.revokedAt ? undefined : revocationChange(id, actor, acting.now.toISOString()),
  );
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome)) return list(site, visit, outcome);
  visit.response.redirect(303, '/admin/clients?done=revoked');
}

/** The pages of systems that get tokens: register, change, revoke, with when each was last here. No patient data. */
export function clientPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const admin = (handle: (visit: Visit, id: string | undefined) => Promise<void>) =>
    visiting('administrator', viewerOf, (visit) => {
      const { id } = visit.request.params;
      return handle(visit, typeof id === 'string' && id !== 'new' ? id : undefined);
    });
  const empty: TypedClient = { id: '', name: '', kind: '', party: '', scopes: '', keys: '' };
  router.get(
    '/admin/clients',
    admin((visit) => list(site, visit)),
  );
  router.post(
    '/admin/clients/stopped/:id',
    admin((visit) => endStopped(site, visit, (refusal) => list(site, visit, refusal))),
  );
  router.get(
    '/admin/clients/:id',
    admin(async (visit, id) => {
      if (!id) return sendForm(site, visit, empty, undefined);
      const known = (await listClients(site.store)).find((one) => one.id === id && !one.revokedAt);
      await (known ? sendForm(site, visit, typedOf(known), id) : sendNotFound(visit));
    }),
  );
  router.post(
    '/admin/clients/:id',
    admin((visit, id) => save(site, visit, id)),
  );
  router.post(
    '/admin/clients/:id/revoke',
    admin((visit, id) => (id ? revoke(site, visit, id) : Promise.resolve(sendNotFound(visit)))),
  );
  return router;
}
