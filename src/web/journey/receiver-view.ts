import type { Said } from '../../fhir/outcome.ts';
import type { PracticeEndpoint } from '../../referral/directory/channels.ts';
import type { Withheld } from '../../referral/minimise.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { reachPart, type Shown, whoPart, whyPart } from './referral-view.ts';

const withheldSaid: Record<Withheld, Said> = {
  bsn: { nl: 'het BSN', en: 'the BSN' },
  'practice-number': { nl: 'uw eigen patiëntnummer', en: 'your own patient number' },
  address: { nl: 'het adres: dat is geheim', en: 'the address: it is secret' },
  'medical-codes': {
    nl: 'medische codes: de inwoner deelt die niet',
    en: 'medical codes: the resident does not share them',
  },
  letters: { nl: 'uw brieven: de inwoner deelt die niet', en: 'your letters: the resident does not share them' },
  episode: { nl: 'de episode in uw dossier', en: 'the episode in your record' },
};

/** What the Wally sees of a referral: the very parts of the Wally's page, and by name what was left out. */
export function seesPart(shown: Shown): Markup {
  const { language } = shown.viewer;
  const t = sayIn(language);
  const titles = shown.letters.map(({ resource }) => resource.content[0]?.attachment.title ?? t('Brief', 'Letter'));
  return html`
    <details class="receiver">
      <summary>${t('Wat ziet de Wally', 'What the Wally sees')}</summary>
      <p>${t('Naam en geboortedatum, en dit:', 'Name and birth date, and this:')}</p>
      ${reachPart(shown)}
      ${whyPart(shown)}
      ${whoPart(shown)}
      ${
        titles.length > 0 &&
        html`<h2>${t('Brieven', 'Letters')}</h2><ul class="plain">${titles.map((one) => html`<li>${one}</li>`)}</ul>`
      }
      ${
        shown.withheld.length > 0 &&
        html`
          <h2>${t('Niet voor de Wally', 'Not for the Wally')}</h2>
          <ul class="plain">${shown.withheld.map((one) => html`<li>${withheldSaid[one][language]}</li>`)}</ul>`
      }
    </details>`;
}

/** A way to the practice's record in words. */
function channelSaid(channel: PracticeEndpoint): Said {
  const pdf = channel.pdf ? { nl: ', met de brief als PDF', en: ', with the letter as PDF' } : { nl: '', en: '' };
  if (channel.kind === 'medvri')
    return {
      nl: `als brief in de zorgpostbus${channel.mailbox?.endsAtGp ? ', met het BSN' : ', zonder BSN'}`,
      en: `as a letter in the care mailbox${channel.mailbox?.endsAtGp ? ', with the BSN' : ', without the BSN'}`,
    };
  const what =
    channel.kind === 'mllp'
      ? { nl: 'als bericht (HL7)', en: 'as a message (HL7)' }
      : channel.form
        ? { nl: 'als document (FHIR)', en: 'as a document (FHIR)' }
        : { nl: 'als bericht (FHIR)', en: 'as a message (FHIR)' };
  return { nl: what.nl + pdf.nl, en: what.en + pdf.en };
}

/** What the practice gets besides the letter itself, and along which ways, in the order in which they are tried. */
export function getsPart(shown: Shown): Markup {
  const { language } = shown.viewer;
  const t = sayIn(language);
  const channels = shown.directory.practices.get(shown.journey.practice)?.channels ?? [];
  const ways = channels.map((one) => html`<li>${channelSaid(one)[language]}</li>`);
  return html`
    <details class="receiver">
      <summary>${t('Wat krijgt de praktijk', 'What the practice gets')}</summary>
      <p>${t(
        'Deze brief, met de naam en de geboortedatum van de inwoner, ' +
          'het nummer van hun verwijzing en hun eigen patiëntnummer. Zo komt de brief in het juiste dossier. ' +
          'Meer gaat er niet mee.',
        "This letter, with the resident's name and birth date, " +
          'the number of their referral and their own patient number. That is how it gets into the right record. ' +
          'Nothing more goes along.',
      )}</p>
      ${
        ways.length > 0
          ? html`
            <p>${t(
              'Zo gaat hij erheen; lukt het eerste niet, dan het volgende:',
              'How it gets there; if the first does not work, then the next:',
            )}</p>
            <ol>${ways}</ol>`
          : html`<p>${t(
              'Er is nog geen weg naar deze praktijk bekend. De beheerder kijkt ernaar.',
              'No way to this practice is known yet. The administrator looks into it.',
            )}</p>`
      }
    </details>`;
}
