import { codeSystems } from '../fhir/systems.ts';
import { phoneOf } from '../referral/assignment.ts';
import type { Role } from '../referral/directory/directory.ts';
import type { Journey, Written } from '../referral/journey.ts';
import type { OutboxRow } from '../referral/outbox-row.ts';
import { noticesFor } from '../referral/receive.ts';
import { communicationOf, type Message } from './communication.ts';
import type { LetterHead } from './letter.ts';
import { shortLetter } from './letter.ts';
import { type Acting, concept } from './moves.ts';
import { letterHead } from './report.ts';

/** A message to the practice, ready for a Change: the resource, what the Task says of it, and the row of the outbox. */
export interface Told {
  readonly written: Written;
  readonly output: {
    readonly type: ReturnType<typeof concept>;
    readonly valueReference: { readonly reference: string };
  };
  readonly outbox: OutboxRow;
  readonly id: string;
}

/** The line tells by itself, and what a resident did: nobody at the Wally's wrote that. */
function headOf(journey: Journey, acting: Acting): LetterHead {
  const head = letterHead(journey, { residentAgreed: true }, acting);
  return ['line', 'resident'].includes(acting.actor.role) ? { ...head, sender: 'Kortelijn' } : head;
}

/** A short letter to the practice (a question, a no, a notice), on its way by the practice's own channel. */
export function tellPractice(
  journey: Journey,
  said: Pick<Message, 'category' | 'topic' | 'inResponseTo'> & {
    readonly firstLine: string;
    readonly lines?: readonly string[];
    readonly todo?: string;
  },
  acting: Acting,
): Told {
  const { firstLine, lines, todo, ...message } = said;
  const head = headOf(journey, acting);
  const text = shortLetter(head, { answer: firstLine, ...(lines && { lines }), ...(todo && { todo }) });
  const messageId = acting.newId();
  const id = acting.newId();
  const at = { id, messageId, now: acting.now.toISOString(), senderRole: acting.actor.id };
  return {
    id,
    written: { resource: communicationOf(journey, { ...message, firstLine, text }, head, at), version: 1 },
    output: { type: concept(codeSystems.taskOutput, 'feedback'), valueReference: { reference: `Communication/${id}` } },
    outbox: {
      messageId,
      kind: 'feedback',
      destination: `practice:${journey.practice}`,
      recipient: journey.practice,
      document: { type: 'Communication', id },
    },
  };
}

/** That a colleague has the work from now on: whom to call, nothing of what it is about. */
export function tellWhoHasIt(journey: Journey, owner: Role, acting: Acting): Told {
  const phone = phoneOf(acting.directory, { owner, team: journey.index.team });
  return tellPractice(
    journey,
    {
      category: 'system-notice',
      topic: 'Een andere Wally heeft uw verwijzing',
      firstLine: `Uw verwijzing is nu bij ${owner.name}.`,
      lines: phone ? [`Te bereiken op ${phone}.`] : [],
    },
    acting,
  );
}

/** A mail without content to whoever has the referral now: something about it changed (H5). */
export function tellOwner(journey: Journey, { directory, newId }: Acting, ownerId = journey.index.owner): OutboxRow[] {
  const owner = directory.roles.get(ownerId ?? '');
  return noticesFor(directory, owner, journey.index.team)
    .filter((role) => role.email)
    .map((role) => ({
      messageId: newId(),
      kind: 'notify',
      destination: 'mail',
      recipient: role.id,
      document: { type: 'Task', id: journey.index.taskId },
      // Bound to no assignment: who had it until now, or has work that just ended, must hear of that too (H3).
    }));
}
