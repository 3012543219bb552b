import { consentGivenSchema, type renewalSchema, renewConsent } from '../../feedback/renew-consent.ts';
import type { Said } from '../../fhir/outcome.ts';
import { birthdaySince } from '../../referral/consent.ts';
import { onwardWaits } from '../../referral/consent-waits.ts';
import { localDay } from '../../referral/deadlines.ts';
import { organizationsAtWork } from '../../referral/lead.ts';
import { type Fault, faultOf, radiosOf, ties } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { button, type MoveParts, moveForm, type Read } from './forms.ts';

/** What is asked of any consent: of whom, how, on which day. */
export const consentFaults = {
  by: { nl: 'Kies wie toestemming gaf.', en: 'Choose who consented.' },
  how: { nl: 'Kies hoe de toestemming werd gegeven.', en: 'Choose how consent was given.' },
  on: { nl: 'Vul de dag van de toestemming in.', en: 'Fill in the day of the consent.' },
} as const satisfies Record<keyof typeof consentGivenSchema.shape, Said>;

type ConsentFields = Readonly<Record<keyof typeof consentFaults, string>>;

/** Who said yes, how and when, in the fields of one form. */
export function consentControls(parts: MoveParts, names: ConsentFields, legend: string, hint?: string): Markup {
  const t = sayIn(parts.viewer.language);
  const { by, how, on } = names;
  return html`
    ${radiosOf(
      parts,
      by,
      legend,
      [
        ['resident', t('de inwoner', 'the resident')],
        ['parents', t('de ouders', 'the parents')],
        ['resident-and-parents', t('de inwoner en de ouders', 'the resident and the parents')],
        ['representative', t('de vertegenwoordiger', 'the representative')],
      ],
      hint,
    )}
    ${radiosOf(parts, how, t('Hoe?', 'How?'), [
      ['spoken', t('mondeling', 'spoken')],
      ['written', t('schriftelijk', 'in writing')],
    ])}
    <div class="field">
      <label for="${on}">${t('Op welke dag?', 'On which day?')}</label>
      ${faultOf(parts, on)}
      <input type="date" id="${on}" name="${on}" value="${parts.fields[on]}" max="${parts.today}"${ties(parts, on, false)}>
    </div>`;
}

const fields: ConsentFields = { by: 'renewBy', how: 'renewHow', on: 'renewOn' };

const recipients = ['nobody', 'everyone'] as const;
/** The organisations that read nothing until consent was asked for them too. */
const waitingAt = ({ journey, today }: Pick<MoveParts, 'journey' | 'today'>) =>
  organizationsAtWork(journey).filter(({ task }) => onwardWaits(journey, task, today) !== undefined);
const onwardSaid = (parts: MoveParts): Said | undefined =>
  waitingAt(parts).flatMap(({ task }) => onwardWaits(parts.journey, task, parts.today) ?? [])[0];
const noRecipient: Said = {
  nl: 'Kies of dit ook geldt voor de andere organisatie.',
  en: 'Choose whether this holds for the other organisation too.',
};

/** For whom else the yes holds: each organisation needs one of its own (H9). */
function recipientControls(parts: MoveParts): Markup | undefined {
  const waiting = waitingAt(parts);
  if (waiting.length === 0) return undefined;
  const t = sayIn(parts.viewer.language);
  const named = waiting.map(({ task, organization }) => {
    const name = parts.directory.teams.get(organization)?.name ?? organization;
    return [task, t(`ja, voor ${name}`, `yes, for ${name}`)] as const;
  });
  return radiosOf(
    parts,
    'renewFor',
    t('Geldt dit ook voor wie u erbij vroeg?', 'Does this hold for whom you asked too?'),
    [
      ...named,
      ...(named.length > 1 ? [['everyone', t('ja, voor allemaal', 'yes, for all of them')] as const] : []),
      ['nobody', t('nee, of nog niet gevraagd', 'no, or not asked yet')],
    ],
    t(
      'Zij zien nu niets. Bij een nee: noteer dat zij het niet doen.',
      'They see nothing now. If it is no: note that they do not do it.',
    ),
  );
}

const grown = ({ journey, today }: Pick<MoveParts, 'journey' | 'today'>): Said | undefined => {
  const { consent, patient } = journey;
  const since = consent.resource.dateTime?.slice(0, 10);
  return since === undefined ? undefined : birthdaySince(patient.resource.birthDate, since, today);
};

/** After a birthday underway: what who decides now said (H6). Open, for nothing else goes on until it is known. */
export const renewForm = moveForm({
  key: 'renew-consent',
  move: 'renew-consent',
  title: { nl: 'Toestemming opnieuw vragen', en: 'Ask for consent anew' },
  done: { nl: 'De toestemming is vastgelegd.', en: 'The consent was recorded.' },
  shown: true,
  names: [...Object.values(fields), 'renewFor'],
  when: (parts) => grown(parts) !== undefined || waitingAt(parts).length > 0,
  body: (parts) => {
    const { language } = parts.viewer;
    const t = sayIn(language);
    return html`
      <p>${(grown(parts) ?? onwardSaid(parts))?.[language]}</p>
      <p>${t(
        'Is het antwoord nee? Kies dan bij "Stoppen" dat de toestemming is ingetrokken.',
        'Is the answer no? Then choose at "Stop" that the consent was withdrawn.',
      )}</p>
      ${consentControls(parts, fields, t('Wie zegt nu ja?', 'Who says yes now?'))}
      ${recipientControls(parts)}
      ${button(t('Leg de toestemming vast', 'Record the consent'))}`;
  },
  read: (typed, { journey, now }): Read<ReturnType<typeof renewalSchema.parse>> => {
    const { by, how, on } = fields;
    const parsed = consentGivenSchema.safeParse({ by: typed[by], how: typed[how], on: typed[on] });
    const waiting = waitingAt({ journey, today: localDay(now) }).map((one) => one.task);
    const { renewFor = '' } = typed;
    const chosen = waiting.length === 0 || [...recipients, ...waiting].includes(renewFor);
    if (parsed.success && chosen) {
      const onward = waiting.filter((task) => renewFor === 'everyone' || renewFor === task);
      return { input: { consent: parsed.data, onward } };
    }
    const wrong = new Set(parsed.error?.issues.map((one) => one.path[0]));
    const faults = (['by', 'how', 'on'] as const)
      .filter((part) => wrong.has(part))
      .map((part): Fault => ({ field: fields[part], said: consentFaults[part] }));
    return { faults: [...faults, ...(chosen ? [] : [{ field: 'renewFor', said: noRecipient }])] };
  },
  act: (journey, renewal, acting) => renewConsent(journey, renewal, acting),
});
