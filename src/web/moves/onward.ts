import { revokeLink, sendLinkAnew, workAt } from '../../feedback/by-link.ts';
import type { Acting } from '../../feedback/moves.ts';
import { heardSchema, hearOnward, type Onward, onwardSchema, referOn } from '../../feedback/onward.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Change } from '../../referral/change.ts';
import type { Journey } from '../../referral/journey.ts';
import { lifeAreaCodes, lifeAreas } from '../../referral/life-area.ts';
import type { Refusal } from '../../referral/refusal.ts';
import { type Choice, type Fault, faultOf, radiosOf, ties } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { consentControls, consentFaults } from './consent.ts';
import { button, type MoveForm, type MoveParts, moveForm, noNames, type Read, textBox } from './forms.ts';

const questionMax = 2000;
const areaField = (code: string) => `area-${code}`;

const onwardFaults = {
  organization: { nl: 'Kies een organisatie.', en: 'Choose an organisation.' },
  question: {
    nl: `Schrijf wat u van deze organisatie vraagt, in hooguit ${questionMax} tekens.`,
    en: `Write what you ask of this organisation, in at most ${questionMax} characters.`,
  },
  ...consentFaults,
} as const satisfies Record<string, Said>;
const onwardFields = {
  organization: 'onwardTo',
  question: 'onwardQuestion',
  by: 'onwardBy',
  how: 'onwardHow',
  on: 'onwardOn',
} as const satisfies Record<keyof typeof onwardFaults, string>;

const interimField = 'onwardInterim';

/** Where one may lead on to: every organisation but the own. */
const organisations = ({ directory, journey }: Pick<MoveParts, 'directory' | 'journey'>) =>
  [...directory.teams.values()].filter((one) => one.id !== journey.index.team);

function chooseOrganisation(parts: MoveParts): Markup {
  const t = sayIn(parts.viewer.language);
  const name = onwardFields.organization;
  const how = (email: string | undefined) =>
    email ? t('krijgt een link', 'gets a link') : t('u belt zelf', 'you call them');
  return html`
    <div class="field">
      <label for="${name}">${t('Welke organisatie?', 'Which organisation?')}</label>
      ${faultOf(parts, name)}
      <select id="${name}" name="${name}"${ties(parts, name, false)}>
        <option value="">${t('Kies een organisatie', 'Choose an organisation')}</option>
        ${organisations(parts).map(
          (one) => html`
            <option value="${one.id}"${parts.fields[name] === one.id && html` selected`}>${one.name} (${how(one.email)})</option>`,
        )}
      </select>
    </div>`;
}

const referOnForm = moveForm({
  key: 'refer-on',
  move: 'refer-on',
  title: { nl: 'Ook een andere organisatie vragen', en: 'Ask another organisation too' },
  done: {
    nl: 'De organisatie is gevraagd. De verwijzing blijft van u tot zij antwoordt. Bij "Andere organisaties" ziet u hoe ver het is.',
    en: 'The organisation was asked. The referral stays yours until it answers. At "Other organisations" you see how far it is.',
  },
  names: [...Object.values(onwardFields), interimField, ...lifeAreaCodes.map(areaField)],
  texts: [onwardFields.question],
  body: (parts) => {
    const { language } = parts.viewer;
    const t = sayIn(language);
    if (organisations(parts).length === 0)
      return html`<p>${t(
        'Er staat geen andere organisatie in de adreslijst. Vraag de beheerder om haar toe te voegen.',
        'No other organisation is in the directory. Ask the administrator to add it.',
      )}</p>`;
    const { question } = onwardFields;
    const tick = (name: string, label: string) => html`
      <div class="choice">
        <input type="checkbox" id="${name}" name="${name}" value="yes"${parts.fields[name] === 'yes' && html` checked`}>
        <label for="${name}">${label}</label>
      </div>`;
    const area = (code: (typeof lifeAreaCodes)[number]) => tick(areaField(code), lifeAreas[code][language]);
    return html`
      <p>${t(
        'De organisatie ziet uw vraag, naam en geboortedatum, en hoe de inwoner veilig te bereiken is. Niet wat de huisarts schreef.',
        'The organisation sees your question, name and birth date, and how to reach the resident safely. Not what the GP wrote.',
      )}</p>
      ${chooseOrganisation(parts)}
      ${textBox(parts, {
        name: question,
        label: t('Wat vraagt u?', 'What do you ask?'),
        hint: noNames(parts.viewer),
        max: questionMax,
        rows: 3,
      })}
      <fieldset>
        <legend>${t('Leefgebieden (mag leeg)', 'Life areas (may be empty)')}</legend>
        ${lifeAreaCodes.map(area)}
      </fieldset>
      ${consentControls(
        parts,
        onwardFields,
        t('Wie gaf toestemming voor deze organisatie?', 'Who consented to this organisation?'),
        t(
          'De toestemming voor de Wally geldt hier niet. Vraag het opnieuw.',
          'The consent for the Wally does not count here. Ask again.',
        ),
      )}
      ${tick(
        interimField,
        t('Ik wil een tussenbericht, als het langer duurt', 'I want an interim message, if it takes longer'),
      )}
      ${button(t('Vraag deze organisatie', 'Ask this organisation'))}`;
  },
  read: (fields): Read<Onward> => {
    const { organization, question, by, how, on } = onwardFields;
    const parsed = onwardSchema.safeParse({
      organization: fields[organization],
      question: fields[question],
      lifeAreas: lifeAreaCodes.filter((code) => fields[areaField(code)] === 'yes'),
      consent: { by: fields[by], how: fields[how], on: fields[on] },
      ...(fields[interimField] === 'yes' && { interim: true }),
    });
    if (parsed.success) return { input: parsed.data };
    const wrong = new Set(parsed.error.issues.map((one) => String(one.path.at(-1))));
    return {
      faults: Object.entries(onwardFields).flatMap(([part, field]): Fault[] =>
        wrong.has(part) ? [{ field, said: onwardFaults[part as keyof typeof onwardFaults] }] : [],
      ),
    };
  },
  act: (journey, onward, acting) => referOn(journey, onward, acting),
});

/** The organisations that are at work for the resident now. */
function atWork({ journey, directory }: Pick<MoveParts, 'journey' | 'directory'>): Choice[] {
  return journey.children.flatMap(({ resource }): Choice[] => {
    const at = workAt(journey, resource.id);
    return at ? [[at.task, directory.teams.get(at.organization)?.name ?? at.organization]] : [];
  });
}

const hearForm = moveForm({
  key: 'hear-onward',
  move: 'hear-onward',
  title: { nl: 'Noteren wat een organisatie zei', en: 'Note what an organisation said' },
  done: { nl: 'Het antwoord is genoteerd.', en: 'The answer was noted.' },
  names: ['heardTask', 'heardOutcome', 'heardText'],
  texts: ['heardText'],
  when: (parts) => atWork(parts).length > 0,
  body: (parts) => {
    const t = sayIn(parts.viewer.language);
    const mayBeEmpty = t(
      'Mag leeg, maar niet bij een tussenbericht.',
      'May be empty, but not with an interim message.',
    );
    return html`
      ${radiosOf(parts, 'heardTask', t('Welke organisatie?', 'Which organisation?'), atWork(parts))}
      ${radiosOf(parts, 'heardOutcome', t('Wat zei zij?', 'What did it say?'), [
        ['accepted', t('neemt het aan', 'takes it on')],
        ['interim', t('is bezig, en zegt hoe het gaat', 'is at it, and says how it goes')],
        ['helped', t('is klaar: de inwoner is geholpen', 'has finished: the resident was helped')],
        ['declined', t('neemt het niet aan', 'declines')],
        ['not-reached', t('is gestopt: de inwoner was niet te bereiken', 'stopped: the resident could not be reached')],
      ])}
      ${textBox(parts, {
        name: 'heardText',
        label: t('In het kort', 'In short'),
        hint: `${mayBeEmpty} ${noNames(parts.viewer)}`,
        max: questionMax,
        rows: 2,
      })}
      ${button(t('Noteer het antwoord', 'Note the answer'))}`;
  },
  read: ({ heardTask, heardOutcome, heardText }): Read<ReturnType<typeof heardSchema.parse>> => {
    const parsed = heardSchema.safeParse({
      task: heardTask,
      outcome: heardOutcome,
      ...(heardText && { text: heardText }),
    });
    if (parsed.success) return { input: parsed.data };
    const wrong = new Set(parsed.error.issues.map((one) => one.path[0]));
    const fault = (path: string, field: string, said: Said): Fault[] => (wrong.has(path) ? [{ field, said }] : []);
    return {
      faults: [
        ...fault('task', 'heardTask', onwardFaults.organization),
        ...fault('outcome', 'heardOutcome', { nl: 'Kies wat zij zei.', en: 'Choose what it said.' }),
        ...fault('text', 'heardText', { nl: 'Maak dit korter.', en: 'Make this shorter.' }),
      ],
    };
  },
  act: hearOnward,
});

interface Acts {
  readonly key: string;
  readonly title: Said;
  readonly done: Said;
  readonly says: (name: string) => Said;
  readonly decide: (journey: Journey, task: string, acting: Acting) => Change | Refusal;
  /** Which organisations it makes sense for. */
  readonly when: (email: string | undefined) => boolean;
}

/** One button per organisation that is at work. It is no move of the work, so the table has no row for it. */
function linkForm({ key, title, done, says, decide, when }: Acts): MoveForm {
  const field = `task-${key}`;
  const fitting = (parts: Pick<MoveParts, 'journey' | 'directory'>) =>
    atWork(parts).filter(([task]) =>
      when(parts.directory.teams.get(workAt(parts.journey, task)?.organization ?? '')?.email),
    );
  return {
    key,
    title,
    done,
    names: [field],
    body: (parts) =>
      html`<p class="buttons">${fitting(parts).map(
        ([task, name]) =>
          html`<button name="${field}" value="${task}" class="quiet">${says(name)[parts.viewer.language]}</button> `,
      )}</p>`,
    offered: (parts) => {
      const { role, id, organization } = parts.viewer.actor;
      const { owner, team } = parts.journey.index;
      const mine = (role === 'wally' && owner === id) || (role === 'team-lead' && organization === team);
      return mine && fitting(parts).length > 0 ? 'yes' : 'no';
    },
    decide: (fields, journey, acting) => decide(journey, fields[field] ?? '', acting),
  };
}

/** What the owner and the team lead may do with the links of organisations. */
export const linkForms: readonly MoveForm[] = [
  linkForm({
    key: 'link-anew',
    title: { nl: 'Link opnieuw sturen', en: 'Send the link again' },
    done: {
      nl: 'Er gaat een nieuwe link uit. De vorige werkt niet meer.',
      en: 'A new link is sent. The former one no longer works.',
    },
    says: (name) => ({ nl: `Stuur opnieuw naar ${name}`, en: `Send again to ${name}` }),
    decide: sendLinkAnew,
    when: (email) => email !== undefined,
  }),
  linkForm({
    key: 'link-revoke',
    title: { nl: 'Link intrekken', en: 'Revoke the link' },
    done: { nl: 'De link werkt niet meer.', en: 'The link no longer works.' },
    says: (name) => ({ nl: `Trek de link van ${name} in`, en: `Revoke the link of ${name}` }),
    decide: revokeLink,
    when: (email) => email !== undefined,
  }),
];

export const onwardForms: readonly MoveForm[] = [referOnForm, hearForm, ...linkForms];
