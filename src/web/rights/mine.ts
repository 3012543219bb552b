import express, { type Request, type Response, Router } from 'express';
import { askToObject, rightCode, stillAsked, wrongCode } from '../../feedback/by-link.ts';
import { end } from '../../feedback/ending.ts';
import type { Said } from '../../fhir/outcome.ts';
import { preferredLanguage } from '../../fhir/outcome.ts';
import { formToken, isOwnForm } from '../../identity/link-session.ts';
import { addressKey, SignInThrottle } from '../../identity/throttle.ts';
import type { Actor } from '../../referral/actor.ts';
import { phoneOf } from '../../referral/assignment.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { Journey } from '../../referral/journey.ts';
import { isOpen } from '../../referral/lifecycle/lifecycle.ts';
import { isLive, type Link } from '../../referral/link.ts';
import { isBornOn, linkByResidentCode } from '../../store/access/links.ts';
import { readJourney } from '../../store/referrals.ts';
import { ContentErased } from '../../store/store.ts';
import { readTrail } from '../../store/trail.ts';
import { actingFor, csrfField, decide, field, send, type Visit } from '../acting.ts';
import { type Controls, errorSummary, faultOf, hintOf, ties } from '../form-controls.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import { facts, telLink } from '../journey/referral-view.ts';
import type { Site } from '../site.ts';

/** Whoever asks here has no account; the trail says `resident`. */
const resident: Actor = { id: 'resident', name: '', role: 'resident' };
/** What every form here must carry: that it is ours; who fills it in, it cannot say. */
const secret = 'mijn';

type Why = 'wrong' | 'wait' | 'empty';

/** The form; whatever was wrong, one answer: unknown, expired, not safe at home, or another birth date (H2). */
function askPage(visit: Visit, status: number, why?: Why): void {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const said: Record<Why, string> = {
    wrong: t(
      'Deze code en geboortedatum horen niet bij elkaar, of de code werkt niet meer. Kijk op uw papier, of bel uw huisartsenpraktijk.',
      'This code and birth date do not belong together, or the code no longer works. Look at your paper, or call your GP practice.',
    ),
    wait: t(
      'Te veel pogingen. Wacht een kwartier, of bel uw huisartsenpraktijk.',
      'Too many tries. Wait a quarter of an hour, or call your GP practice.',
    ),
    empty: t('Vul de code en uw geboortedatum in.', 'Fill in the code and your birth date.'),
  };
  const title = t('Waar is mijn verwijzing?', 'Where is my referral?');
  // Waiting is no fault of a field.
  const faults = why && why !== 'wait' ? [{ field: 'code', said: { nl: said[why], en: said[why] } }] : [];
  const parts: Controls = { viewer, fields: {}, faults };
  const main = html`<h1>${title}</h1>${errorSummary(faults, viewer)}
<p>${t(
    'U kreeg een code op papier. Hiermee ziet u bij wie uw verwijzing is.',
    'You were given a code on paper. With it you see who has your referral.',
  )}</p>
<form method="post" action="/mijn" class="form" novalidate>${csrfField(viewer)}
<div class="field"><label for="code">Code</label>
${hintOf('code', t('Tien letters en cijfers. Hoofdletters hoeven niet.', 'Ten letters and digits. Capitals are not needed.'))}
${faultOf(parts, 'code')}
<input type="text" id="code" name="code" maxlength="20" autocomplete="off" autocapitalize="characters"
spellcheck="false"${ties(parts, 'code', true)}></div>
<div class="field"><label for="born">${t('Uw geboortedatum', 'Your birth date')}</label>
<input type="date" id="born" name="born" autocomplete="off"></div>
<p class="buttons"><button>${t('Kijk', 'Look')}</button></p></form>`;
  const wrong = why ? t('Fout: ', 'Error: ') : '';
  send(
    visit,
    { title: `${wrong}${title}`, main, ...(why === 'wait' && { notice: { kind: 'refused', text: said.wait } }) },
    status,
  );
}

function whereSaid({ task, index }: Journey): Said {
  const { status = '' } = task.resource;
  if (status === 'requested' || status === 'received')
    return { nl: 'Uw verwijzing is aangekomen. U wordt gebeld.', en: 'Your referral has arrived. You will be called.' };
  if (status === 'on-hold')
    return { nl: 'Uw verwijzing rust, zoals afgesproken.', en: 'Your referral rests, as agreed.' };
  if (isOpen(status) && index.businessStatus === 'forwarded')
    return { nl: 'Er is ook een andere organisatie gevraagd.', en: 'Another organisation was asked too.' };
  if (isOpen(status)) return { nl: 'Uw verwijzing is aangenomen.', en: 'Your referral was accepted.' };
  return { nl: 'Uw verwijzing is klaar of gestopt.', en: 'Your referral has finished or was stopped.' };
}

const roleSaid: Readonly<Record<string, Said>> = {
  practice: { nl: 'uw huisartsenpraktijk', en: 'your GP practice' },
  'practice-system': { nl: 'het systeem van uw huisartsenpraktijk', en: "your GP practice's system" },
  wally: { nl: 'een sociaal werker (Wally)', en: 'a social worker (Wally)' },
  'team-lead': { nl: 'een teamleider', en: 'a team lead' },
  organisation: { nl: 'een organisatie die u helpt', en: 'an organisation that helps you' },
  administrator: { nl: 'een beheerder', en: 'an administrator' },
};

/** Who looked, from the trail: roles and organisations, each once with the last day. Never a person's name. */
async function whoLooked(site: Site, journey: Journey, directory: Directory, viewer: Visit['viewer']): Promise<Markup> {
  const t = sayIn(viewer.language);
  const last = new Map<string, string>();
  for await (const lines of readTrail(site.store, { journeys: [journey.id] })) {
    for (const { line } of lines) {
      const said = roleSaid[line.actor.role];
      if (line.action !== 'R' || line.outcome !== 'ok' || !said) continue;
      const id = line.actor.organization ?? '';
      const name = directory.teams.get(id)?.name ?? directory.practices.get(id)?.name;
      last.set(`${said[viewer.language]}${name ? `, ${name}` : ''}`, localDay(new Date(line.at)));
    }
  }
  if (last.size === 0) return html`<p>${t('Nog niemand.', 'Nobody yet.')}</p>`;
  const today = localDay(site.store.clock());
  return html`<ul>
${[...last].map(([who, day]) => html`<li>${who} (${t('het laatst op', 'last on')} ${dayText(day, viewer.language, today)})</li>`)}</ul>`;
}

/** What the resident did on this page just now; `stop` asks once more. */
type Act = 'object' | 'stop' | 'stop-sure' | undefined;
const acts: readonly Act[] = ['object', 'stop', 'stop-sure'];

/** The code and the birth date go along: nobody signs in here, so that a browser that is shared keeps nothing. */
const actForm = ({ viewer, request }: Visit, buttons: Markup): Markup =>
  html`<form method="post" action="/mijn" class="buttons">${csrfField(viewer)}
<input type="hidden" name="code" value="${field(request.body, 'code')}">
<input type="hidden" name="born" value="${field(request.body, 'born')}">
${buttons}</form>`;

/** What the resident did, for the top of the page. */
const doneSaid: Readonly<Partial<Record<NonNullable<Act>, Said>>> = {
  'stop-sure': {
    nl: 'De verwijzing is gestopt. Uw huisartsenpraktijk en de Wally weten het. Zij mogen er niets meer mee doen.',
    en: 'The referral was stopped. Your GP practice and the Wally know. They may do nothing more with it.',
  },
  object: {
    nl: 'Uw huisartsenpraktijk en de Wally weten dat u bezwaar wilt maken.',
    en: 'Your GP practice and the Wally know that you want to object.',
  },
};

/** Stopping (H10) and objecting (GDPR 21): the first at once and for good, the second after a talk. */
function objectPart(visit: Visit, { task }: Journey, did: Act): Markup {
  const t = sayIn(visit.viewer.language);
  if (did === 'stop')
    return html`<p><strong>${t(
      'Weet u het zeker? De Wally stopt dan, en dit kan niet terug. Uw huisarts kan u later wel opnieuw verwijzen.',
      'Are you sure? The Wally then stops, and this cannot be undone. Your GP can refer you again later.',
    )}</strong></p>
${actForm(
  visit,
  html`<button name="act" value="stop-sure">${t('Ja, stop mijn verwijzing', 'Yes, stop my referral')}</button>
<button class="quiet">${t('Nee, ga terug', 'No, go back')}</button>`,
)}`;
  const mayStop = isOpen(task.resource.status ?? '');
  const mayObject = did !== 'object';
  return html`<p>${mayStop && t('U mag altijd stoppen.', 'You may always stop.')}
${t(
  'U mag bezwaar maken tegen het gebruik van uw gegevens: dan belt iemand u om het samen vast te leggen. Bellen met uw huisartsenpraktijk kan ook.',
  'You may object to the use of your data: someone then calls you to put it on record together. You can also call your GP practice.',
)}</p>
${
  (mayStop || mayObject) &&
  actForm(
    visit,
    html`${mayStop && html`<button name="act" value="stop" class="quiet">${t('Ik wil stoppen', 'I want to stop')}</button>`}
${mayObject && html`<button name="act" value="object" class="quiet">${t('Ik wil bezwaar maken', 'I want to object')}</button>`}`,
  )
}`;
}

async function showPage(site: Site, visit: Visit, journey: Journey, did: Act): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const directory = await site.directory();
  const { index } = journey;
  const owner = directory.roles.get(index.owner ?? '');
  const team = directory.teams.get(index.team)?.name;
  const phone = phoneOf(directory, { team: index.team, ...(owner && { owner }) });
  const practice = directory.practices.get(journey.practice);
  const waits = ['requested', 'received', 'accepted'].includes(index.taskStatus);
  const title = t('Waar is mijn verwijzing?', 'Where is my referral?');
  const main = html`<h1>${title}</h1><p><strong>${whereSaid(journey)[viewer.language]}</strong></p>
${facts([
  [t('Bij wie', 'With whom'), [owner?.name, team].filter(Boolean).join(', ')],
  [
    t('U wordt gebeld vóór', 'You will be called before'),
    waits && dayText(index.callBefore, viewer.language, localDay(site.store.clock())),
  ],
  [t('Vragen? Bel', 'Questions? Call'), phone && telLink(phone)],
  [t('Noem dan', 'Then mention'), index.number],
  [t('Uw huisarts', 'Your GP'), html`${practice?.name}${practice?.phone && html` ${telLink(practice.phone)}`}`],
])}
<section aria-labelledby="looked"><h2 id="looked">${t('Wie heeft gekeken', 'Who has looked')}</h2>
${await whoLooked(site, journey, directory, viewer)}</section>
<section aria-labelledby="object"><h2 id="object">${t('Bent u het er niet mee eens?', 'Do you object?')}</h2>
${objectPart(visit, journey, did)}</section>`;
  const done = did && doneSaid[did];
  send(visit, { title, main, ...(done && { notice: { kind: 'done', text: done[viewer.language] } }) });
}

/** The journey behind a code; undefined for whatever may not be seen, which all gets the same answer. */
async function journeyOf(site: Site, link: Link | undefined): Promise<Journey | undefined> {
  if (!link || !isLive(link, site.store.clock())) return undefined;
  try {
    const journey = await readJourney(site.store, { kind: 'practice', practice: link.practice }, link.journey);
    return journey && stillAsked(journey, link) ? journey : undefined;
  } catch (error) {
    if (error instanceof ContentErased) return undefined;
    throw error;
  }
}

/** Does what the resident asked; gives what became of it, and the journey as it is then. What ended meanwhile is stopped already. */
async function act(site: Site, journey: Journey, asked: Act): Promise<readonly [Act, Journey]> {
  const read = () => readJourney(site.store, { kind: 'practice', practice: journey.practice }, journey.id);
  if (asked === 'object') await decide(site, resident, read, askToObject);
  if (asked !== 'stop-sure') return [asked, journey];
  const outcome = await decide(site, resident, read, (now, acting) => end(now, 'consent-withdrawn', acting));
  return [outcome === 'done' ? asked : undefined, (await read()) ?? journey];
}

/**
 * "Waar is mijn verwijzing?": for a resident with a code on paper and their birth date. Where it is, who calls and who
 * looked; nothing of what it is about. It is not there at all when home is not safe (H2).
 */
export function minePages(site: Site): Router {
  const { store, publicUrl } = site;
  const router = Router();
  const key = store.master.derive('csrf');
  const throttle = new SignInThrottle();
  const visitOf = (request: Request, response: Response): Visit => {
    const language = preferredLanguage(request.get('accept-language'));
    return { request, response, viewer: { actor: resident, language, csrf: formToken(key, secret) } };
  };
  router.use('/mijn', (_request, response, next) => {
    response.set('Referrer-Policy', 'no-referrer');
    next();
  });
  router.get('/mijn', (request, response) => askPage(visitOf(request, response), 200));
  router.post(
    '/mijn',
    express.urlencoded({ extended: false, limit: 10_000, parameterLimit: 20 }),
    async (request, response) => {
      const visit = visitOf(request, response);
      const [code, born] = [field(request.body, 'code'), field(request.body, 'born')];
      if (!isOwnForm(request, publicUrl, key, secret)) return askPage(visit, 403);
      if (code === '' || !/^\d{4}-\d{2}-\d{2}$/.test(born)) return askPage(visit, 422, 'empty');
      const address = addressKey(request.ip);
      const link = await linkByResidentCode(store, code);
      const name = link?.id ?? code;
      const refused = throttle.begin(name, address, store.clock().getTime());
      if (refused) {
        response.set('Retry-After', String(refused.waitS));
        return askPage(visit, 429, 'wait');
      }
      const journey = await journeyOf(site, link);
      if (!link || !journey) return askPage(visit, 403, 'wrong');
      const acting = await actingFor(site, resident);
      const isRight = await isBornOn(store, journey.id, born);
      const noted = await store.commit(isRight ? rightCode(journey, link, acting) : wrongCode(journey, link, acting));
      if (!noted.ok || !isRight) return askPage(visit, 403, 'wrong');
      throttle.succeeded(name, address);
      const asked = field(request.body, 'act');
      const [did, now] = await act(
        site,
        journey,
        acts.find((one) => one === asked),
      );
      await showPage(site, visit, now, did);
    },
  );
  return router;
}
