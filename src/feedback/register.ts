import type { Provenance, Resource, ServiceRequest, Task } from '@medplum/fhirtypes';
import { codeSystems, extensions } from '../fhir/systems.ts';
import type { Change } from '../referral/change.ts';
import { clocksOf } from '../referral/clocks.ts';
import { journeyFrom } from '../referral/journey.ts';
import { type Answer, type Received, receive } from '../referral/receive.ts';
import { isRefusal, type Refusal } from '../referral/refusal.ts';
import { type Acting, auditOf, concept } from './moves.ts';
import { tellPractice } from './tell.ts';

/**
 * A referral that came by phone: a Wally writes it down on behalf of the practice. It is a referral like any other, with
 * the same consent and the same promise, marked until the practice confirms it; the practice is told at once. Pure.
 */
export function register(
  received: Received,
  acting: Acting,
): { readonly change: Change; readonly answer: Answer } | Refusal {
  const decided = receive(received, acting);
  if (isRefusal(decided)) return decided;
  const { change, answer } = decided;
  const { practice } = received;
  const unconfirmed = { url: extensions.unconfirmed, valueBoolean: true };
  const marked = (resource: Resource & { id: string }): Resource & { id: string } => {
    if (resource.resourceType === 'ServiceRequest')
      return { ...resource, extension: [...(resource.extension ?? []), unconfirmed] } satisfies ServiceRequest;
    if (resource.resourceType !== 'Provenance') return resource;
    const [, ...others] = resource.agent;
    const author = {
      type: concept(codeSystems.provenanceParticipant, 'author'),
      who: { reference: `PractitionerRole/${acting.actor.id}` },
      onBehalfOf: { reference: `Organization/${practice}` },
    };
    return { ...resource, agent: [author, ...others] } satisfies Provenance;
  };
  const resources = (change.resources ?? []).map(({ resource, version }) => ({ resource: marked(resource), version }));
  const made = journeyFrom(practice, answer.journey, answer.ids.task, resources);
  if (!made || !change.index) throw new Error('a new referral without its resources or its index');
  const journey = { ...made, index: change.index };
  const told = tellPractice(
    journey,
    {
      category: 'system-notice',
      topic: 'Verwijzing genoteerd na een telefoongesprek',
      firstLine: 'De Wally noteerde namens u een verwijzing. Klopt dat?',
      lines: [`${acting.actor.name} schreef haar op na een telefoongesprek met uw praktijk.`],
      todo: 'in Kortelijn bevestigen dat het klopt, of bellen als het niet klopt.',
    },
    acting,
  );
  const task: Task & { id: string } = { ...made.task.resource, output: [told.output] };
  const now = acting.now.toISOString();
  return {
    answer,
    change: {
      ...change,
      resources: [
        ...resources.map((one) => (one.resource.id === task.id ? { resource: task, version: 1 } : one)),
        told.written,
      ],
      clocks: clocksOf(made, acting.directory.practices.get(practice)?.levels),
      events: [...(change.events ?? []), { kind: 'registered', at: now, owner: acting.actor.id }],
      outbox: [...(change.outbox ?? []), told.outbox],
      audit: [auditOf('referral-registered', journey, acting, 'C')],
    },
  };
}
