import { decline, declineSchema, type EndReason, end, endReasons, recall } from '../../feedback/ending.ts';
import { offer, refuseOffer, resumeOwn, takeOver } from '../../feedback/handover.ts';
import { accept } from '../../feedback/moves.ts';
import { mayTell } from '../../feedback/report.ts';
import { tooClose } from '../../feedback/too-close.ts';
import type { Said } from '../../fhir/outcome.ts';
import { isPresent, wallysOf } from '../../referral/directory/directory.ts';
import { type Choice, faultOf, radiosOf } from '../form-controls.ts';
import { html, sayIn } from '../html.ts';
import {
  button,
  type MoveForm,
  type MoveParts,
  moveForm,
  noNames,
  nothing,
  type Read,
  textBox,
  textMax,
} from './forms.ts';
import { readText } from './waiting.ts';

/** A team lead accepts in the owner's place; the owner herself has a button of her own. */
export const acceptForm = moveForm({
  key: 'accept',
  move: 'accept',
  title: { nl: 'Aannemen voor de Wally', en: 'Accept for the Wally' },
  done: { nl: 'De verwijzing is aangenomen.', en: 'The referral was accepted.' },
  names: [],
  body: ({ viewer }) => button(sayIn(viewer.language)('Neem aan', 'Accept')),
  read: nothing,
  when: ({ journey }) => journey.index.owner !== null,
  act: (journey, _, acting, deviating) => accept(journey, acting, deviating),
});

const takeOverForm = moveForm({
  key: 'take-over',
  move: 'take-over',
  title: { nl: 'Een collega biedt u deze verwijzing aan', en: 'A colleague offers you this referral' },
  done: { nl: 'De verwijzing is nu van u.', en: 'The referral is yours now.' },
  shown: true,
  names: [],
  body: ({ viewer }) => button(sayIn(viewer.language)('Neem over', 'Take over')),
  read: nothing,
  act: (journey, _, acting) => takeOver(journey, acting),
});

const refuseOfferForm = moveForm({
  key: 'refuse-offer',
  move: 'refuse-offer',
  title: { nl: 'Niet overnemen', en: 'Do not take it over' },
  done: { nl: 'Uw collega ziet dat u het niet overneemt.', en: 'Your colleague sees that you do not take it over.' },
  shown: true,
  names: [],
  body: ({ viewer }) => button(sayIn(viewer.language)('Neem niet over', 'Do not take over'), 'quiet'),
  read: nothing,
  act: (journey, _, acting) => refuseOffer(journey, acting),
});

const resumeOwnForm = moveForm({
  key: 'resume-own',
  move: 'resume-own',
  title: { nl: 'Een collega neemt voor u waar', en: 'A colleague acts in your place' },
  done: { nl: 'U hebt de verwijzing terug.', en: 'You have the referral back.' },
  shown: true,
  names: [],
  body: ({ viewer }) => button(sayIn(viewer.language)('Neem terug', 'Take it back')),
  read: nothing,
  act: (journey, _, acting) => resumeOwn(journey, acting),
});

/** Who could take it: Wallys of the team who are there, but for the owner and whoever may not see it (H11). */
export function colleagues({
  journey,
  directory,
  today,
}: Pick<MoveParts, 'journey' | 'directory' | 'today'>): Choice[] {
  const { team, owner, barred } = journey.index;
  return wallysOf(directory, team)
    .filter((role) => role.id !== owner && isPresent(role, today) && !barred.includes(role.id))
    .map((role) => [role.id, role.name]);
}

const offerForm = moveForm({
  key: 'offer',
  move: 'offer',
  title: { nl: 'Aanbieden aan een collega', en: 'Offer to a colleague' },
  done: {
    nl: 'Uw collega is gevraagd. Tot die aanneemt, blijft de verwijzing van u.',
    en: 'Your colleague was asked. Until they accept, the referral stays yours.',
  },
  names: ['offerTo'],
  body: (parts) => {
    const t = sayIn(parts.viewer.language);
    const who = colleagues(parts);
    if (who.length === 0)
      return html`<p>${t('Er is vandaag geen collega aanwezig.', 'No colleague is present today.')}</p>`;
    return html`
      ${faultOf(parts, 'offerTo')}
      <p>${t(
        'De collega ziet de verwijzing en kan die overnemen, of niet.',
        'The colleague sees the referral and can take it over or not.',
      )}</p>
      <p class="buttons" id="offerTo">${who.map(
        ([id, name]) =>
          html`<button name="offerTo" value="${id}" class="quiet">${t('Bied aan', 'Offer to')} ${name}</button> `,
      )}</p>`;
  },
  read: ({ offerTo }): Read<string> =>
    readText('offerTo', offerTo, 64, { nl: 'Kies een collega.', en: 'Choose a colleague.' }),
  act: (journey, to, acting) => offer(journey, to, acting),
});

const declineSaid: Record<ReturnType<typeof declineSchema.parse>['reason'], Said> = {
  duplicate: {
    nl: 'de inwoner was al verwezen, met dezelfde vraag',
    en: 'the resident was referred already, with the same question',
  },
  'wrong-person': { nl: 'het gaat over een andere persoon', en: 'it is about another person' },
  'no-consent': {
    nl: 'de inwoner weet er niet van of gaf geen toestemming',
    en: 'the resident does not know of it or did not consent',
  },
  'resident-declines': { nl: 'de inwoner wil geen contact', en: 'the resident wants no contact' },
};

const declineForm = moveForm({
  key: 'decline',
  move: 'decline',
  title: { nl: 'Niet aannemen', en: 'Decline' },
  done: {
    nl: 'U hebt de verwijzing niet aangenomen. De praktijk krijgt bericht.',
    en: 'You declined the referral. The practice is told.',
  },
  sure: {
    nl: 'De verwijzing gaat dicht, en de praktijk leest waarom.',
    en: 'The referral is closed, and the practice reads why.',
  },
  names: ['declineReason', 'proposal'],
  texts: ['proposal'],
  body: (parts) => {
    const { language } = parts.viewer;
    const t = sayIn(language);
    const choices = Object.entries(declineSaid).map(([code, said]): Choice => [code, said[language]]);
    return html`
      ${radiosOf(
        parts,
        'declineReason',
        t('Waarom niet?', 'Why not?'),
        choices,
        t(
          'Is er iets anders? Bied de verwijzing dan aan een collega aan, of bel de praktijk.',
          'Is it something else? Then offer the referral to a colleague, or call the practice.',
        ),
      )}
      ${
        mayTell(parts.journey, parts.now)
          ? textBox(parts, {
              name: 'proposal',
              label: t('Wat zou wel kunnen helpen? (mag leeg)', 'What could help instead? (may be empty)'),
              hint: noNames(parts.viewer),
              max: textMax,
              rows: 2,
            })
          : html`<p class="hint">${t(
              'Een voorstel kan nu niet mee: er is geen toestemming om inhoud terug te sturen.',
              'No proposal can go along now: there is no consent to send content back.',
            )}</p>`
      }
      ${button(t('Neem niet aan', 'Decline'), 'danger')}`;
  },
  read: ({ declineReason, proposal }): Read<ReturnType<typeof declineSchema.parse>> => {
    const parsed = declineSchema.safeParse({ reason: declineReason, ...(proposal && { proposal }) });
    if (parsed.success) return { input: parsed.data };
    const field = parsed.error.issues.some((one) => one.path[0] === 'reason') ? 'declineReason' : 'proposal';
    return { faults: [{ field, said: { nl: 'Kies een van de redenen.', en: 'Choose one of the reasons.' } }] };
  },
  act: (journey, no, acting) => decline(journey, no, acting),
});

const endSaid: Record<EndReason, Said> = {
  'consent-withdrawn': { nl: 'de inwoner trekt de toestemming in', en: 'the resident withdraws the consent' },
  deceased: { nl: 'de inwoner is overleden', en: 'the resident has died' },
  moved: { nl: 'de inwoner is verhuisd', en: 'the resident moved away' },
  'other-practice': { nl: 'de inwoner heeft een andere huisarts', en: 'the resident has another GP' },
};
const isEndReason = (text: string): text is EndReason => text in endReasons;

/** Something in the resident's life ends it (H10); the Wally, the practice and the team lead may all say so. */
export const endForm = moveForm({
  key: 'end',
  move: 'end',
  title: { nl: 'Stoppen: er is iets veranderd bij de inwoner', en: "Stop: something changed in the resident's life" },
  done: {
    nl: 'De verwijzing is gestopt. Wie de verwijzing had, krijgt bericht.',
    en: 'The referral was stopped. Whoever had it is told.',
  },
  sure: {
    nl: 'De verwijzing stopt, ook bij andere organisaties. Wie de verwijzing had, krijgt bericht. Dit kan niet ongedaan worden gemaakt.',
    en: 'The referral stops, also with other organisations. Whoever had it is told. This cannot be undone.',
  },
  names: ['endReason'],
  body: (parts) => {
    const { language } = parts.viewer;
    const t = sayIn(language);
    const choices = Object.entries(endSaid).map(([code, said]): Choice => [code, said[language]]);
    return html`
      ${radiosOf(parts, 'endReason', t('Wat is er veranderd?', 'What changed?'), choices)}
      ${button(t('Stop de verwijzing', 'Stop the referral'), 'danger')}`;
  },
  read: ({ endReason = '' }): Read<EndReason> =>
    isEndReason(endReason)
      ? { input: endReason }
      : { faults: [{ field: 'endReason', said: { nl: 'Kies wat er veranderd is.', en: 'Choose what changed.' } }] },
  act: (journey, reason, acting) => end(journey, reason, acting),
});

/** Never meant, or about the wrong person (H3): for the practice and the team lead. */
export const recallForm = moveForm({
  key: 'recall',
  move: 'enter-in-error',
  title: { nl: 'Terugroepen: hoort hier niet', en: 'Recall: should not be here' },
  done: {
    nl: 'De verwijzing is teruggeroepen. Wie de verwijzing had, krijgt bericht.',
    en: 'The referral was recalled. Whoever had it is told.',
  },
  sure: {
    nl: 'De verwijzing verdwijnt bij iedereen. Dit kan niet ongedaan worden gemaakt.',
    en: 'The referral disappears for everyone who had it. This cannot be undone.',
  },
  names: ['recallWhy'],
  texts: ['recallWhy'],
  body: (parts) => {
    const t = sayIn(parts.viewer.language);
    return html`
      <p>${t(
        'Gaat de verwijzing over de verkeerde persoon, of was die niet bedoeld? Roep de verwijzing dan terug.',
        'Is the referral about the wrong person, or was it not meant? Then recall it.',
      )}</p>
      ${textBox(parts, {
        name: 'recallWhy',
        label: t('Wat ging er mis?', 'What went wrong?'),
        hint: noNames(parts.viewer),
        max: textMax,
      })}
      ${button(t('Roep terug', 'Recall'), 'danger')}`;
  },
  read: ({ recallWhy }): Read<string> =>
    readText('recallWhy', recallWhy, textMax, { nl: 'Schrijf wat er mis ging.', en: 'Write what went wrong.' }),
  act: (journey, why, acting) => recall(journey, why, acting),
});

const tooCloseForm = moveForm({
  key: 'too-close',
  move: 'too-close',
  title: { nl: 'Ik ken deze inwoner', en: 'I know this resident' },
  done: {
    nl: 'Iemand anders helpt deze inwoner. U ziet de verwijzing niet meer.',
    en: 'Someone else helps this resident. You no longer see the referral.',
  },
  sure: {
    nl: 'De verwijzing gaat naar een collega. U ziet de verwijzing dan niet meer. Niemand vraagt waarom.',
    en: 'The referral goes to a colleague, and you no longer see it. Nobody asks why.',
  },
  names: [],
  body: ({ viewer }) => {
    const t = sayIn(viewer.language);
    return html`
      <p>${t(
        'Te dichtbij? Geef de verwijzing dan terug. U hoeft niet te zeggen waarom.',
        'Too close? Then hand the referral back. You need not say why.',
      )}</p>
      ${button(t('Geef terug', 'Hand it back'), 'quiet')}`;
  },
  read: nothing,
  act: (journey, _, acting) => tooClose(journey, acting),
});

/** What waits for this reader because of a colleague. */
export const offeredForms: readonly MoveForm[] = [takeOverForm, refuseOfferForm, resumeOwnForm];

/** Handing on, declining, ending. */
export const handForms: readonly MoveForm[] = [offerForm, declineForm, endForm, tooCloseForm];
