import type { Communication } from '@medplum/fhirtypes';
import { z } from 'zod';
import { codeSystems } from '../fhir/systems.ts';
import type { Change } from '../referral/change.ts';
import type { Journey } from '../referral/journey.ts';
import { isOpen, openQuestionsOf, transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { firstLineMax } from './answer.ts';
import { linkTo } from './by-link.ts';
import { type Acting, concept, step } from './moves.ts';
import { renewalFirst } from './renew-consent.ts';
import { tellOwner, tellPractice } from './tell.ts';

export const questionSchema = z.strictObject({ text: z.string().trim().min(1).max(firstLineMax) });
export const replySchema = z.strictObject({
  text: z.string().trim().min(1).max(2000),
  /** How it came: the practice's own page or system, or by phone, noted by the Wally. */
  by: z.enum(['practice', 'phone']),
});

/** The Wally asks the practice something; the baton is with the practice until it answers. */
export function ask(journey: Journey, question: z.infer<typeof questionSchema>, acting: Acting): Change | Refusal {
  const row = transition(journey, 'ask', acting.actor);
  if (isRefusal(row)) return row;
  const due = renewalFirst(journey, acting.now);
  if (due) return due;
  const told = tellPractice(
    journey,
    {
      category: 'question',
      topic: 'Vraag van de Wally',
      firstLine: question.text,
      lines: ['Dit is een vraag van de Wally over uw verwijzing.'],
      todo: 'antwoord geven, in Kortelijn of per telefoon.',
    },
    acting,
  );
  // Who has no account at the practice answers by a link; who has one finds the question on the practice's own page.
  const link = acting.directory.practices.get(journey.practice)?.email
    ? linkTo('question', told.id, journey.practice, acting)
    : { links: [], outbox: [] };
  const { output = [] } = journey.task.resource;
  return step(journey, row, 'question-asked', acting, {
    task: { output: [...output, told.output] },
    resources: [told.written],
    events: [{ kind: 'asked', at: acting.now.toISOString(), owner: acting.actor.id }],
    rest: { outbox: [told.outbox, ...link.outbox], links: link.links },
  });
}

/** The question that waits for the practice, the last one when there are more; undefined when none does. */
export function openQuestion(journey: Journey): (Communication & { id: string }) | undefined {
  return openQuestionsOf(journey).at(-1);
}

/** What the practice says to the Wally; it is here at once, nothing has to be sent. */
function fromPractice(
  journey: Journey,
  said: { readonly category: 'answer' | 'practice-message'; readonly text: string; readonly medium: string },
  acting: Acting,
): Communication & { id: string } {
  const now = acting.now.toISOString();
  return {
    resourceType: 'Communication',
    id: acting.newId(),
    status: 'completed',
    category: [concept(codeSystems.communicationCategory, said.category)],
    medium: [concept(codeSystems.participationMode, said.medium)],
    subject: { reference: `Patient/${journey.patient.resource.id}` },
    about: [{ reference: `Task/${journey.task.resource.id}` }],
    sent: now,
    received: now,
    sender: { reference: `Organization/${journey.practice}` },
    payload: [{ contentString: said.text }],
  };
}

const ofThePractice = issue('forbidden', 'not-yours', 'Communication.sender', {
  nl: 'Dit is een bericht van de praktijk aan de Wally. Een Wally stelt een vraag (question) of koppelt terug.',
  en: 'This is a message of the practice to the Wally. A Wally asks something (question) or reports back.',
});

/** A few words of the practice to the Wally, a question too; the work stays where it is, and the Wally is told. */
export function message(journey: Journey, text: string, acting: Acting): Change | Refusal {
  const { status = 'requested' } = journey.task.resource;
  const { role } = acting.actor;
  if (role !== 'practice' && role !== 'practice-system') return refuse(ofThePractice);
  if (!isOpen(status)) return refuse(refusals.alreadyClosed('Task.status'));
  const said = { category: 'practice-message', text, medium: 'ELECTRONIC' } as const;
  return step(journey, { status }, 'practice-wrote', acting, {
    resources: [{ resource: fromPractice(journey, said, acting), version: 1 }],
    events: [{ kind: 'supplemented', at: acting.now.toISOString() }],
    rest: { outbox: tellOwner(journey, acting) },
  });
}

/** The practice's answer, given itself or by phone and noted by the Wally; every open question is answered by it. */
export function answer(journey: Journey, reply: z.infer<typeof replySchema>, acting: Acting): Change | Refusal {
  const row = transition(journey, 'answer', acting.actor);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const medium = reply.by === 'phone' ? 'PHONE' : 'ELECTRONIC';
  const communication = {
    ...fromPractice(journey, { category: 'answer', text: reply.text, medium }, acting),
    inResponseTo: openQuestionsOf(journey).map(({ id }) => ({ reference: `Communication/${id}` })),
  };
  const isOwn = acting.actor.role === 'wally';
  const ended = openQuestionsOf(journey).map(({ id }) => ({ to: 'ended' as const, subject: id, why: 'used' as const }));
  return step(journey, row, 'question-answered', acting, {
    resources: [{ resource: communication, version: 1 }],
    events: [{ kind: 'answered', at: now, outcome: reply.by }],
    // Who noted it herself need not be told.
    rest: { links: ended, ...(!isOwn && { outbox: tellOwner(journey, acting) }) },
  });
}
