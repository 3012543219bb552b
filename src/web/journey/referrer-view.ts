import { html, type Markup, momentText, sayIn } from '../html.ts';
import { isAcute } from '../words.ts';
import { facts, type Shown, telLink } from './referral-view.ts';

/** H1: what goes before everything else when the practice sent danger into a channel that works in working days. */
export function acuteNote(shown: Shown): Markup | undefined {
  if (!isAcute(shown.journey.index.priority)) return undefined;
  const t = sayIn(shown.viewer.language);
  const practice = shown.directory.practices.get(shown.journey.practice);
  return html`
    <section class="panel acute" aria-labelledby="acute">
      <h2 id="acute">${t('Acuut: bel eerst', 'Acute: call first')}</h2>
      <p>
        ${t(
          'De praktijk vindt dit acuut. Bel nu met de praktijk',
          'The practice considers this acute. Call the practice now',
        )}${practice?.phone && html`: ${telLink(practice.phone)}`}.
        ${t(
          'Spreek af wie wat doet, en schrijf daarna pas. Is er direct gevaar? Bel',
          'Agree who does what, and write afterwards. Is there immediate danger? Call',
        )} ${telLink('112')}.
      </p>
    </section>`;
}

/** Who referred, from which practice, and on which numbers both sides speak about it. */
export function referrerPart(shown: Shown): Markup {
  const { language } = shown.viewer;
  const t = sayIn(language);
  const practice = shown.directory.practices.get(shown.journey.practice);
  const { requester, authoredOn } = shown.request;
  const role = shown.directory.roles.get(requester?.reference?.split('/')[1] ?? '');
  const who = role?.name ?? requester?.display;
  return html`
    <section aria-labelledby="referrer">
      <h2 id="referrer">${t('Wie verwees', 'Who referred')}</h2>
      ${facts([
        [t('Praktijk', 'Practice'), practice?.name ?? shown.journey.practice],
        [t('Verwijzer', 'Referrer'), who],
        [t('Telefoon', 'Phone'), practice?.phone ? telLink(practice.phone) : undefined],
        [t('Verwezen op', 'Referred on'), authoredOn && momentText(new Date(authoredOn), language)],
        [t('Hun nummer', 'Their number'), shown.journey.index.practiceReferral.value],
      ])}
    </section>`;
}
