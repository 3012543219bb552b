import type { ServiceRequest } from '@medplum/fhirtypes';
import type { Acting } from '../../feedback/moves.ts';
import type { Said } from '../../fhir/outcome.ts';
import { extensions } from '../../fhir/systems.ts';
import { phoneOf } from '../../referral/assignment.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { JourneyIndex } from '../../referral/journey.ts';
import { lifeAreas } from '../../referral/life-area.ts';
import { type Link, type LinkState, linkCodesMax, linkTriesMax } from '../../referral/link.ts';
import { minimisePatient, minimiseRequest, receiverOf } from '../../referral/minimise.ts';
import { csrfField } from '../acting.ts';
import { type Controls, errorSummary, faultOf, hintOf, ties } from '../form-controls.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import { facts, reachPart, recognition, type Shown, telLink } from '../journey/referral-view.ts';
import type { PageParts, Viewer } from '../page.ts';
import { type At, areasOf, type CaseFields, requestOf } from './reply.ts';
import { answerForm, replyForms } from './reply-forms.ts';

export type Ended = Exclude<LinkState, 'sent' | 'opened'> | 'over' | 'unknown';
type Page = Omit<PageParts, 'language' | 'viewer'>;

const endedSaid: Record<Ended, Said> = {
  used: {
    nl: 'Deze vraag is al beantwoord. U hoeft niets meer te doen.',
    en: 'This question was answered. There is nothing left to do.',
  },
  over: {
    nl: 'Deze vraag loopt niet meer. U hoeft niets te doen.',
    en: 'This question is over. There is nothing left to do.',
  },
  revoked: { nl: 'De sociaal werker heeft deze link ingetrokken.', en: 'The social worker revoked this link.' },
  replaced: {
    nl: 'Er is een nieuwere mail met een nieuwe link. Gebruik die.',
    en: 'There is a newer mail with a new link. Please use that one.',
  },
  tries: {
    nl: 'De code was vijf keer verkeerd. Daarom werkt deze link niet meer. De sociaal werker weet het.',
    en: 'The code was wrong five times. That is why this link no longer works. The social worker knows.',
  },
  expired: { nl: 'Deze link is verlopen.', en: 'This link has expired.' },
  unknown: {
    nl: 'Deze link werkt niet, of u was te lang weg. Open de link in de mail opnieuw.',
    en: 'This link does not work, or you were away for too long. Open the link in the mail again.',
  },
};

/** Who to call about it: the Wally's organisation. Nothing about a resident. */
function whomToCall(directory: Directory, index: JourneyIndex | undefined, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const phone = index && phoneOf(directory, { team: index.team });
  const team = index && directory.teams.get(index.team)?.name;
  const whom = team ?? t('de sociaal werker die u de mail stuurde', 'the social worker who sent you the mail');
  return html`<p>${t('Vragen? Bel', 'Questions? Call')} ${whom}${phone && html`: ${telLink(phone)}`}.</p>`;
}

/** A link that opens nothing any more: why, and what to do. */
export function endedPage(viewer: Viewer, ended: Ended, directory: Directory, index?: JourneyIndex): Page {
  const t = sayIn(viewer.language);
  const title = t('Deze link werkt niet meer', 'This link no longer works');
  return {
    title,
    main: html`<h1>${title}</h1><p>${endedSaid[ended][viewer.language]}</p>${whomToCall(directory, index, viewer)}`,
  };
}

/** Behind the code, while consent must be asked anew (H6): nothing about anyone; the same link shows it again after that. */
export function waitingPage(viewer: Viewer, directory: Directory, index: JourneyIndex): Page {
  const t = sayIn(viewer.language);
  const title = t('Nu niet te zien: wacht op toestemming', 'Not to be seen now: waits for consent');
  return {
    title,
    main: html`<h1>${title}</h1>
<p>${t(
      'De sociaal werker vraagt opnieuw om toestemming. Doe tot dan niets met deze vraag. Daarna werkt deze link weer.',
      'The social worker asks for consent anew. Until then, do nothing with this question. After that this link works again.',
    )}</p>${whomToCall(directory, index, viewer)}`,
  };
}

export function donePage(viewer: Viewer): Page {
  const t = sayIn(viewer.language);
  const title = t('Dank u wel', 'Thank you');
  return {
    title,
    main: html`<h1>${title}</h1>
<p>${t(
      'Uw antwoord staat bij de sociaal werker. U kunt deze pagina sluiten.',
      'Your answer is with the social worker. You can close this page.',
    )}</p>`,
  };
}

type CodeWhy = 'wrong' | 'empty' | 'wait' | 'again' | 'mailed' | 'no-more';

/** The page before the code: it says nothing about anyone, not even that it is about someone (H12). */
export function codePage(viewer: Viewer, link: Link, token: string, why?: CodeWhy): Page {
  const t = sayIn(viewer.language);
  const left = linkTriesMax - link.tries;
  const said: Record<CodeWhy, string> = {
    wrong: t(
      `Deze code klopt niet. U kunt het nog ${left} keer proberen.`,
      `This code is wrong. You can try ${left} more times.`,
    ),
    empty: t('Vul de code in.', 'Fill in the code.'),
    wait: t(
      'Te veel pogingen. Wacht een kwartier, of bel de sociaal werker.',
      'Too many tries. Wait a quarter of an hour, or call the social worker.',
    ),
    again: t('Dat ging mis. Probeer het nog een keer.', 'That went wrong. Please try again.'),
    mailed: t(
      'De code is onderweg, naar het mailadres dat van uw organisatie bekend is.',
      "The code is on its way, to your organisation's e-mail address that is known.",
    ),
    'no-more': t(
      'Er zijn genoeg codes gestuurd. Kijk in uw mail, of bel de sociaal werker.',
      'Enough codes were sent. Look in your mail, or call the social worker.',
    ),
  };
  const title = t('Vul de code in', 'Fill in the code');
  const wrong = why && why !== 'mailed' ? [{ field: 'code', said: { nl: said[why], en: said[why] } }] : [];
  const parts: Controls = { viewer, fields: {}, faults: wrong };
  const main = html`<h1>${title}</h1>${errorSummary(wrong, viewer)}
<p>${t(
    'Deze link is voor uw organisatie. Eerst controleren wij of u daar werkt.',
    'This link is for your organisation. First we check that you work there.',
  )}</p>
<form method="post" action="/link/${token}" class="form" novalidate>${csrfField(viewer)}
<div class="field"><label for="code">${t('Code van zes cijfers', 'Code of six digits')}</label>
${hintOf(
  'code',
  t(
    'Uit de tweede mail, of van de sociaal werker aan de telefoon.',
    'From the second mail, or from the social worker on the telephone.',
  ),
)}
${faultOf(parts, 'code')}
<input type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code"
maxlength="20"${ties(parts, 'code', true)}></div>
<p class="buttons"><button>${t('Verder', 'Continue')}</button></p></form>
${
  link.codes < linkCodesMax &&
  html`<form method="post" action="/link/${token}/code" class="buttons">${csrfField(viewer)}
<button class="quiet">${t('Mail mij de code', 'Mail me the code')}</button></form>`
}`;
  const notice = why === 'mailed' ? { kind: 'done' as const, text: said.mailed } : undefined;
  return { title: wrong.length > 0 ? `${t('Fout: ', 'Error: ')}${title}` : title, main, ...(notice && { notice }) };
}

/** What an organisation may see (promise 4): the Wally's question and how to reach the resident; nothing the GP wrote. */
function shownTo(viewer: Viewer, at: At, acting: Acting, request: ServiceRequest): Shown {
  const today = localDay(acting.now);
  const contract = acting.directory.teams.get(at.link.recipient)?.contract;
  const receiver = { ...receiverOf(at.journey, contract, today), medicalCodes: false };
  return {
    journey: at.journey,
    patient: minimisePatient(at.journey.patient.resource, receiver),
    request: minimiseRequest(request, receiver),
    letters: [],
    withheld: [],
    consentDetails: [],
    // The practice is not theirs to call: whatever is unclear, they ask the Wally.
    directory: { ...acting.directory, practices: new Map() },
    viewer,
    today,
  };
}

/** The page behind the code. */
export function casePage(viewer: Viewer, at: At, acting: Acting, typed: CaseFields, done: string): Page {
  const t = sayIn(viewer.language);
  const { journey, link } = at;
  const { index } = journey;
  const parts: Controls = { viewer, ...typed };
  const owner = acting.directory.roles.get(index.owner ?? '');
  const phone = phoneOf(acting.directory, { team: index.team, ...(owner && { owner }) });
  const asker = html`${owner?.name ?? acting.directory.teams.get(index.team)?.name}${phone && html` ${telLink(phone)}`}`;
  const doneText = new Map([
    [
      'accepted',
      t(
        'U hebt het aangenomen. Klaar? Open de link uit de mail dan weer.',
        'You took it on. Finished? Then open the link in the mail again.',
      ),
    ],
    [
      'interim',
      t(
        'Uw tussenbericht staat bij de sociaal werker. Klaar? Open de link uit de mail dan weer.',
        'Your interim message is with the social worker. Finished? Then open the link in the mail again.',
      ),
    ],
  ]);
  const doneNow = doneText.get(done);
  const notice = typed.refused
    ? { kind: 'refused' as const, text: typed.refused }
    : doneNow && { kind: 'done' as const, text: doneNow };
  const wrong = typed.faults.length > 0 ? t('Fout: ', 'Error: ') : '';
  const title = `${wrong}${t('Een vraag aan u', 'A question for you')}`;
  const page = (main: Markup): Page => ({
    title,
    main: html`${errorSummary(typed.faults, viewer)}${main}`,
    ...(notice && { notice }),
  });
  if (link.purpose === 'question') {
    const asked = journey.communications.find((one) => one.resource.id === link.subject)?.resource;
    const shown = shownTo(viewer, at, acting, journey.serviceRequest.resource);
    return page(
      html`${recognition(shown, 'h1')}${facts([
        [
          t('De Wally vraagt', 'The Wally asks'),
          html`<p class="said" lang="nl">${asked?.payload?.[0]?.contentString}</p>`,
        ],
        [t('Wally', 'Wally'), asker],
        [t('Uw nummer', 'Your number'), index.practiceReferral.value],
      ])}${answerForm(parts)}`,
    );
  }
  const request = requestOf(at) ?? journey.serviceRequest.resource;
  const shown = shownTo(viewer, at, acting, request);
  const own = request.extension?.find((one) => one.url === extensions.residentQuestion)?.valueString;
  const until = journey.children.find((one) => one.resource.id === link.subject)?.resource.restriction?.period?.end;
  const areas = areasOf(at).map((one) => lifeAreas[one][viewer.language]);
  return page(
    html`${recognition(shown, 'h1')}${index.unsafeContact && reachPart(shown)}${facts([
      [t('Gevraagd', 'Asked'), html`<p class="said" lang="nl">${request.reasonCode?.[0]?.text}</p>`],
      [t('De inwoner vraagt zelf', 'The resident asks'), own && html`<p class="said" lang="nl">${own}</p>`],
      [t('Gaat over', 'About'), (request.category ?? []).length > 0 && areas.join(', ')],
      [t('Wie vraagt het', 'Who asks'), asker],
      [
        t('Graag antwoord vóór', 'Please answer before'),
        until && dayText(until.slice(0, 10), viewer.language, shown.today),
      ],
    ])}${!index.unsafeContact && reachPart(shown)}${replyForms(parts, at)}`,
  );
}
