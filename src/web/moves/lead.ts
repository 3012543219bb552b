import { leadSchema, setLead } from '../../feedback/lead.ts';
import { leadOf, organizationsAtWork } from '../../referral/lead.ts';
import { type Choice, radiosOf } from '../form-controls.ts';
import { html, sayIn } from '../html.ts';
import { button, moveForm, type Read } from './forms.ts';

/** Who has the lead: the Wally, the practice, or an organisation that is at work with a consent of its own. */
export const leadForm = moveForm({
  key: 'set-lead',
  move: 'set-lead',
  title: { nl: 'Regie afspreken', en: 'Agree on the lead' },
  done: { nl: 'De regie is vastgelegd. De praktijk krijgt bericht.', en: 'The lead was noted. The practice is told.' },
  names: ['lead'],
  body: (parts) => {
    const { viewer, journey, directory, fields } = parts;
    const t = sayIn(viewer.language);
    const now = leadOf(journey);
    const choices: Choice[] = [
      ['wally', t('ik, de Wally', 'I, the Wally')],
      ['practice', directory.practices.get(journey.practice)?.name ?? t('de praktijk', 'the practice')],
      ...organizationsAtWork(journey).map(
        ({ task, organization }): Choice => [task, directory.teams.get(organization)?.name ?? organization],
      ),
    ];
    const chosen = fields.lead ?? (now.who === 'organisation' ? now.task : now.who);
    return html`
      <p>${t(
        'Spreek het eerst af met de inwoner en met wie de regie krijgt. U blijft de verwijzing houden.',
        'First agree on it with the resident and with who gets the lead. You keep the referral.',
      )}</p>
      ${radiosOf(
        { ...parts, fields: { ...fields, lead: chosen } },
        'lead',
        t('Wie heeft de regie?', 'Who has the lead?'),
        choices,
      )}
      ${button(t('Leg vast', 'Note it'))}`;
  },
  read: ({ lead }): Read<ReturnType<typeof leadSchema.parse>> => {
    const parsed = leadSchema.safeParse(lead);
    return parsed.success
      ? { input: parsed.data }
      : { faults: [{ field: 'lead', said: { nl: 'Kies wie de regie heeft.', en: 'Choose who has the lead.' } }] };
  },
  act: (journey, to, acting) => setLead(journey, to, acting),
});
