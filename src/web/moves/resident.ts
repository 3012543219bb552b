import { codeForResident, isOwn, mayMakeCode, objected } from '../../feedback/by-link.ts';
import { isOpen } from '../../referral/lifecycle/lifecycle.ts';
import { html, sayIn } from '../html.ts';
import { button, type MoveForm } from './forms.ts';

/** A code on paper for "Waar is mijn verwijzing?"; by who has the referral, and by the practice. */
const residentCodeForm: MoveForm = {
  key: 'resident-code',
  title: { nl: 'Code voor de inwoner', en: 'Code for the resident' },
  done: {
    nl: 'De code staat op deze pagina. Een vorige code werkt niet meer.',
    en: 'The code is on this page. A former code no longer works.',
  },
  names: [],
  body: ({ viewer }) => {
    const t = sayIn(viewer.language);
    return html`
      <p>${t(
        'Met deze code en de geboortedatum ziet de inwoner waar de verwijzing is en wie er keek. Niet waarover zij gaat.',
        'With this code and the birth date the resident sees where the referral is and who looked. Not what it is about.',
      )}</p>
      ${button(t('Maak een code', 'Make a code'), 'quiet')}`;
  },
  offered: ({ journey, viewer }) => (mayMakeCode(journey, viewer.actor) ? 'yes' : 'no'),
  decide: (_, journey, acting) => codeForResident(journey, acting),
};

/** What the resident asked for at "Waar is mijn verwijzing?", after a talk; the practice and who has it put it on record. */
const objectionForm: MoveForm = {
  key: 'objection',
  title: { nl: 'Bezwaar van de inwoner vastleggen', en: "Put the resident's objection on record" },
  done: { nl: 'Het bezwaar is vastgelegd.', en: 'The objection is on record.' },
  names: [],
  body: ({ viewer }) => {
    const t = sayIn(viewer.language);
    return html`
      <p>${t(
        'Spreek eerst met de inwoner. Wil die stoppen? Kies dan bij "Stoppen" dat de toestemming is ingetrokken.',
        'First talk with the resident. Do they want to stop? Then choose at "Stop" that the consent was withdrawn.',
      )}</p>
      ${button(t('Leg het bezwaar vast', 'Put it on record'), 'quiet')}`;
  },
  // Of what has ended only the practice has a record that one can object to.
  offered: ({ journey, viewer: { actor } }) =>
    isOwn(journey, actor) && (actor.role === 'practice' || isOpen(journey.index.taskStatus)) ? 'yes' : 'no',
  decide: (_, journey, acting) => objected(journey, acting),
};

/** What is the resident's own: a page to look at, and to object. */
export const residentForms: readonly MoveForm[] = [residentCodeForm, objectionForm];
