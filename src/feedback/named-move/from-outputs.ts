import { deepEquals } from '@medplum/core';
import type { Patient, Reference, Task, TaskOutput } from '@medplum/fhirtypes';
import { codeSystems } from '../../fhir/systems.ts';
import type { Journey } from '../../referral/journey.ts';
import { isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { feedbackOf } from './from-communication.ts';
import type { Asked } from './named-move.ts';
import { codesOf, given, idIn, mayNotChange, notCarried, severalMoves } from './words.ts';

/** A Task as it was sent beside the version that its sender had read. */
export interface TaskSent {
  readonly sent: Task;
  readonly base: Task & { id: string };
  readonly journey: Journey;
  /** A patch says what goes; of a whole resource what is left out is not said: a reader may have had only a part of it. */
  readonly isPatch: boolean;
  /** The local day. */
  readonly day: string;
}

const patientOf = ({ for: whom }: Task) => (idIn(whom, 'Patient') ? (whom as Reference<Patient>) : undefined);

interface Added {
  readonly output: TaskOutput;
  readonly path: string;
}

/** The outputs that were added; a refusal when one that stood there is gone. */
function addedOutputs({ sent, base }: TaskSent): Added[] | Refusal {
  const left = [...(base.output ?? [])];
  const added = (sent.output ?? []).flatMap((output, nth) => {
    const known = left.findIndex((one) => deepEquals(one, output));
    if (known < 0) return [{ output, path: `Task.output[${nth}]` }];
    left.splice(known, 1);
    return [];
  });
  return left.length > 0 ? refuse(mayNotChange('Task.output')) : added;
}

const kindOf = ({ type }: TaskOutput) => codesOf(type, codeSystems.taskOutput)[0] ?? '';

/** A note that the Wally tried to reach the resident, or did (H13: with its moment). */
function askedByNote({ output, path }: Added): Asked {
  const { time, text } = output.valueAnnotation ?? {};
  const places = { at: `${path}.valueAnnotation.time`, way: `${path}.valueAnnotation.text` };
  if (kindOf(output) === 'contact-attempt')
    return { move: 'attempt', parts: { ...given('way', text), ...given('at', time) }, places };
  const losses = text && /\s/.test(text.trim()) ? [notCarried(places.way)] : [];
  return { move: 'contact', parts: given('at', time), places, losses };
}

/** A letter within the Task, with the outcomes beside it: the Task's own outputs per life area. */
function askedByLetter(added: readonly Added[], letter: Added, task: TaskSent): Asked | Refusal {
  const { sent, journey } = task;
  const id = letter.output.valueReference?.reference?.replace(/^#/, '');
  const nth = (sent.contained ?? []).findIndex((one) => one.resourceType === 'Communication' && one.id === id);
  const contained = sent.contained?.[nth];
  if (contained?.resourceType !== 'Communication')
    return refuse(
      issue('required', 'feedback-missing', `${letter.path}.valueReference`, {
        nl: 'Stuur de terugkoppeling mee als Communication in de Task (contained), of los als Communication.',
        en: 'Send the feedback along as a Communication in the Task (contained), or as a Communication of its own.',
      }),
    );
  const subject = contained.subject ?? patientOf(sent);
  const place = {
    path: `Task.contained[${nth}]`,
    contained: [...(contained.contained ?? []), ...(sent.contained ?? [])],
  };
  const feedback = feedbackOf({ ...contained, ...(subject && { subject }) }, journey, place, task.day);
  if (isRefusal(feedback)) return feedback;
  const contact = added.find(({ output }) => ['contact', 'contact-attempt'].includes(kindOf(output)));
  const outcomes = added.flatMap(({ output }) =>
    codesOf(output.type, codeSystems.lifeArea).flatMap((lifeArea) =>
      codesOf(output.valueCodeableConcept, codeSystems.outcome).map((outcome) => ({ lifeArea, outcome })),
    ),
  );
  return {
    ...feedback,
    move: sent.status === 'completed' ? 'close' : feedback.move,
    parts: {
      ...feedback.parts,
      outcomes: [...(feedback.parts.outcomes as object[]), ...outcomes],
      ...(contact && {
        contact: kindOf(contact.output) === 'contact' ? 'made' : 'attempted',
        ...given('contactOn', contact.output.valueAnnotation?.time?.slice(0, 10)),
      }),
    },
    places: { ...feedback.places, outcomes: 'Task.output', ...(contact && { contactOn: contact.path }) },
  };
}

/** What added outputs ask for; undefined when there are none. */
export function askedByOutputs(task: TaskSent): Asked | Refusal | undefined {
  const added = addedOutputs(task);
  if (isRefusal(added) || added.length === 0) return isRefusal(added) ? added : undefined;
  const letters = added.filter(({ output }) => kindOf(output) === 'feedback');
  const notes = added.filter(({ output }) => ['contact', 'contact-attempt'].includes(kindOf(output)));
  const areas = added.filter(({ output }) => codesOf(output.type, codeSystems.lifeArea).length > 0);
  const others = added.filter((one) => ![...letters, ...notes, ...areas].includes(one));
  if (others.length > 0) return refuse(...others.map((one) => mayNotChange(one.path)));
  const [letter] = letters;
  if (letters.length > 1 || (!letter && notes.length > 1)) return severalMoves(added.map((one) => one.path));
  if (letter) return notes.length > 1 ? severalMoves(notes.map((one) => one.path)) : askedByLetter(added, letter, task);
  const [note] = notes;
  // An outcome without a letter would close nothing and reach nobody.
  if (!note || areas.length > 0) return refuse(...areas.map((one) => mayNotChange(one.path)));
  return askedByNote(note);
}
