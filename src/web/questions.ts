import { Router } from 'express';
import { z } from 'zod';
import type { Said } from '../fhir/outcome.ts';
import { assign } from '../referral/assignment.ts';
import { actorInLine } from '../referral/audit-line.ts';
import type { AuditLine, Change } from '../referral/change.ts';
import { localDay } from '../referral/deadlines.ts';
import type { Directory } from '../referral/directory/directory.ts';
import { looksPersonal } from '../referral/looks-personal.ts';
import type { OutboxRow } from '../referral/outbox-row.ts';
import { noticesFor, practiceNotice } from '../referral/receive.ts';
import { type Question, questionAnswered, questionAsked, readQuestions } from '../store/questions.ts';
import { field, noteList, query, send, sendNotFound, type ViewerOf, type Visit, visiting } from './acting.ts';
import { errorSummary, type Fault } from './form-controls.ts';
import { html, type Markup, sayIn } from './html.ts';
import type { PageParts } from './page.ts';
import { emptyList, questionItem, type Typed, textForm, textMax } from './question-parts.ts';
import type { Site } from './site.ts';

const idForm = z.uuid();

const faultsSaid = {
  empty: { nl: 'Schrijf iets op.', en: 'Write something.' },
  long: { nl: `Maak het korter: hooguit ${textMax} tekens.`, en: `Make it shorter: at most ${textMax} characters.` },
  bsn: {
    nl: 'Er staat een burgerservicenummer in. Haal het weg: deze vraag gaat over niemand.',
    en: 'There is a citizen service number (BSN) in it. Remove it: this question is about nobody.',
  },
  look: {
    nl: 'Lees het nog eens na. Staat er echt niemand in? Vink dat dan aan.',
    en: 'Read it once more. Is really nobody named? Then tick that.',
  },
  sent: { nl: 'Deze vraag is al beantwoord.', en: 'This question was answered already.' },
} as const satisfies Record<string, Said>;

/** A text that may name nobody: what is wrong with it, and what its writer must look at again before it goes. */
function read(visit: Visit): { text: string; faults: Fault[]; looks: readonly Said[] } {
  const text = field(visit.request.body, 'text');
  const looks = looksPersonal(text);
  const isSure = field(visit.request.body, 'sure') === 'yes';
  const fault = (said: Said, name = 'text'): Fault[] => [{ field: name, said }];
  const faults =
    text === ''
      ? fault(faultsSaid.empty)
      : text.length > textMax
        ? fault(faultsSaid.long)
        : looks.some((one) => one.isCertain)
          ? fault(faultsSaid.bsn)
          : looks.length > 0 && !isSure
            ? fault(faultsSaid.look, 'sure')
            : [];
  return { text, faults, looks: looks.map((one) => one.said) };
}

const line = (site: Site, visit: Visit, event: string, action: 'C' | 'U', id: string): AuditLine => {
  const { actor } = visit.viewer;
  return {
    event,
    at: site.store.clock().toISOString(),
    actor: actorInLine(actor),
    action,
    outcome: 'ok',
    object: `Question/${id}`,
    purpose: 'HOPERAT',
  };
};

async function practicePage(site: Site, visit: Visit, typed?: Typed): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const practice = viewer.actor.organization ?? '';
  const [directory, questions] = await Promise.all([site.directory(), readQuestions(site.store, [practice])]);
  await noteList(site, viewer.actor, 'questions', questions.length);
  const form = {
    action: '/practice/questions',
    id: typed?.id ?? site.store.newId(),
    label: { nl: 'Uw vraag', en: 'Your question' },
    button: { nl: 'Stel de vraag', en: 'Ask' },
  };
  const title = t('Vraag aan de Wally', 'Ask the Wally');
  const unanswered = html`<p class="more">${t('Nog geen antwoord.', 'No answer yet.')}</p>`;
  const main = html`${errorSummary(typed?.faults ?? [], viewer)}<h1>${title}</h1>
<p>${t(
    'Wilt u iets weten zonder iemand te verwijzen? Vraag het hier. Gaat het over een inwoner? Gebruik dan de verwijzing zelf.',
    'Do you want to know something without referring anyone? Ask it here. Is it about a resident? Then use the referral itself.',
  )}</p>
${textForm(visit, form, typed)}
<h2>${t('Eerdere vragen', 'Earlier questions')}</h2>
${
  questions.length > 0
    ? html`<ul class="referrals">${questions.map((one) => questionItem(one, directory, visit, one.answer ? undefined : unanswered))}</ul>`
    : emptyList(visit)
}
<p class="hint">${t('Een vraag met antwoord blijft 90 dagen staan.', 'An answered question stays for 90 days.')}</p>`;
  const asked =
    query(request, 'done') === 'asked' && t('Uw vraag staat bij de Wally.', 'Your question is with the Wally.');
  sendPage(visit, title, main, typed, asked);
}

function sendPage(visit: Visit, title: string, main: Markup, typed: Typed | undefined, done: string | false): void {
  const wrong = typed && typed.faults.length > 0;
  const notice: PageParts['notice'] = done && !wrong ? { kind: 'done', text: done } : undefined;
  const t = sayIn(visit.viewer.language);
  send(
    visit,
    { title: `${wrong ? t('Fout: ', 'Error: ') : ''}${title}`, main, ...(notice && { notice }) },
    wrong ? 422 : 200,
  );
}

/** Who is there for this practice today; nobody: the team leads are told, and whoever of the team is there may answer. */
function ownerToday(site: Site, directory: Directory, practice: string, askedBy: string) {
  const agb = directory.roles.get(askedBy)?.agb;
  return assign(directory, practice, agb, localDay(site.store.clock()));
}

async function ask(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const practice = viewer.actor.organization ?? '';
  const { text, faults, looks } = read(visit);
  const given = idForm.safeParse(field(request.body, 'id'));
  const id = given.success ? given.data : site.store.newId();
  if (faults.length > 0) return practicePage(site, visit, { id, text, faults, looks });
  const directory = await site.directory();
  const assignment = ownerToday(site, directory, practice, viewer.actor.id);
  if (!assignment) return sendNotFound(visit);
  const { team, owner } = assignment;
  const outbox = noticesFor(directory, owner, team)
    .filter((role) => role.email)
    .map(
      (role): OutboxRow => ({ messageId: site.store.newId(), kind: 'notify', destination: 'mail', recipient: role.id }),
    );
  const change: Change = {
    scope: { practice },
    // Deliveries are kept in order per journey; a question is its own.
    journey: id,
    question: await questionAsked(site.store, { practice, id, team, by: viewer.actor.id }, text),
    outbox,
    audit: [line(site, visit, 'general-question-asked', 'C', id)],
  };
  // Taken: the same form came twice, and the question is there.
  await site.store.commit(change);
  response.redirect(303, '/practice/questions?done=asked');
}

/** The questions that are this Wally's today: of the practices of her team for which she is there, or nobody is. */
async function mine(site: Site, visit: Visit, directory: Directory): Promise<Question[]> {
  const { actor } = visit.viewer;
  const own = [...directory.practices.values()].filter(({ service }) => service?.team === actor.organization);
  const all = await readQuestions(
    site.store,
    own.map((one) => one.id),
  );
  return all.filter((one) => {
    const owner = ownerToday(site, directory, one.practice, one.askedBy)?.owner?.id;
    return owner === undefined || owner === actor.id || one.answer?.by === actor.id;
  });
}

async function wallyPage(site: Site, visit: Visit, typed?: Typed, refused?: Said): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const directory = await site.directory();
  const questions = await mine(site, visit, directory);
  await noteList(site, viewer.actor, 'questions', questions.length);
  const chosen = typed?.id ?? query(request, 'question');
  const form = (id: string) =>
    id === chosen
      ? textForm(
          visit,
          {
            action: '/worklist/questions',
            id,
            label: { nl: 'Uw antwoord', en: 'Your answer' },
            button: { nl: 'Beantwoord de vraag', en: 'Answer' },
          },
          typed,
        )
      : html`<p class="buttons"><a class="button quiet" href="/worklist/questions?question=${id}">${t('Beantwoorden', 'Answer')}</a></p>`;
  const rows = (isOpen: boolean) => questions.filter((one) => (one.answer === undefined) === isOpen);
  const list = (found: readonly Question[]) =>
    found.length > 0
      ? html`<ul class="referrals">${found.map((one) => questionItem(one, directory, visit, one.answer ? undefined : form(one.id)))}</ul>`
      : emptyList(visit);
  const title = t('Vragen van praktijken', 'Questions of practices');
  const main = html`${errorSummary(typed?.faults ?? [], viewer)}
${refused && html`<p class="notice refused" role="status">${refused[viewer.language]}</p>`}<h1>${title}</h1>
<p>${t('Vragen die niet over een inwoner gaan.', 'Questions that are not about a resident.')}</p>
<h2>${t('Nog zonder antwoord', 'Not answered yet')} <span class="count">${rows(true).length}</span></h2>${list(rows(true))}
<h2>${t('Beantwoord', 'Answered')}</h2>${list(rows(false))}`;
  const done =
    query(request, 'done') === 'answered' &&
    t('Uw antwoord staat bij de praktijk.', 'The practice can read your answer.');
  sendPage(visit, title, main, typed, done);
}

async function reply(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const id = field(request.body, 'id');
  const directory = await site.directory();
  const question = (await mine(site, visit, directory)).find((one) => one.id === id);
  if (!question) return sendNotFound(visit);
  const { text, faults, looks } = read(visit);
  if (question.answer) return wallyPage(site, visit, undefined, faultsSaid.sent);
  if (faults.length > 0) return wallyPage(site, visit, { id, text, faults, looks });
  const answered = await questionAnswered(site.store, question, viewer.actor.id, text);
  if (!answered) return sendNotFound(visit);
  const done = await site.store.commit({
    scope: { practice: question.practice },
    journey: id,
    question: answered,
    outbox: practiceNotice(directory.practices.get(question.practice), site.store.newId),
    audit: [line(site, visit, 'general-question-answered', 'U', id)],
  });
  // A colleague was earlier: the practice has one answer.
  if (!done.ok) return wallyPage(site, visit, undefined, faultsSaid.sent);
  response.redirect(303, '/worklist/questions?done=answered');
}

/** A practice asks the Wally something about nobody, without a journey: content is sealed, mails say nothing of it. */
export function practiceQuestionPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  router.get(
    '/practice/questions',
    visiting('practice', viewerOf, (visit) => practicePage(site, visit)),
  );
  router.post(
    '/practice/questions',
    visiting('practice', viewerOf, (visit) => ask(site, visit)),
  );
  return router;
}

/** Whoever is there for the practice today answers. */
export function wallyQuestionPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  router.get(
    '/worklist/questions',
    visiting('wally', viewerOf, (visit) => wallyPage(site, visit)),
  );
  router.post(
    '/worklist/questions',
    visiting('wally', viewerOf, (visit) => reply(site, visit)),
  );
  return router;
}
