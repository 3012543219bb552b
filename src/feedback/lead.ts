import type { Extension } from '@medplum/fhirtypes';
import { z } from 'zod';
import type { Issue } from '../fhir/outcome.ts';
import { extensions } from '../fhir/systems.ts';
import type { Change } from '../referral/change.ts';
import type { Journey } from '../referral/journey.ts';
import { organizationsAtWork } from '../referral/lead.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { type Acting, step } from './moves.ts';
import { tellPractice } from './tell.ts';

/** `wally`, `practice`, or the id of the Task at an organisation that it was led on to. */
export const leadSchema = z.union([z.literal(['wally', 'practice']), z.uuid()]);

const said = {
  wally: { firstLine: 'De regie is weer bij de Wally.' },
  practice: { firstLine: 'De regie is nu bij uw praktijk.', todo: 'de inwoner volgen, zoals u met de Wally afsprak.' },
  // Which one is content: the Wally writes it in a report, when the resident agrees (H9).
  organisation: { firstLine: 'De regie is nu bij een andere organisatie.' },
} as const;

/** Why something cannot be so of an organisation: it does not work for this resident by a consent that stands (H9). */
export const notAtWork = (path: string): Issue =>
  issue('business-rule', 'no-consent-for-organisation', path, {
    nl: 'Deze organisatie is niet voor deze inwoner aan het werk, of de toestemming ervoor geldt niet meer.',
    en: 'This organisation is not at work for this resident, or its consent is no longer in force.',
  });

/**
 * Who keeps the overview from now on. It changes nothing of who has the Task: the Wally still answers (promise 3). An
 * organisation only by the consent that it has already (H9); the practice is told, without its name.
 */
export function setLead(journey: Journey, to: z.infer<typeof leadSchema>, acting: Acting): Change | Refusal {
  const row = transition(journey, 'set-lead', acting.actor);
  if (isRefusal(row)) return row;
  const who = to === 'wally' || to === 'practice' ? to : 'organisation';
  if (who === 'organisation' && !organizationsAtWork(journey).some((one) => one.task === to))
    return refuse(notAtWork('Task.extension'));
  const reference = who === 'practice' ? `Organization/${journey.practice}` : `Task/${to}`;
  const named: Extension[] = who === 'wally' ? [] : [{ url: extensions.lead, valueReference: { reference } }];
  const { extension = [], output = [] } = journey.task.resource;
  const kept = [...extension.filter((one) => one.url !== extensions.lead), ...named];
  const told = tellPractice(
    journey,
    {
      category: 'system-notice',
      topic: 'Wie de regie heeft',
      lines: ['De Wally geeft u bericht bij het afsluiten, zoals altijd.'],
      ...said[who],
    },
    acting,
  );
  return step(journey, row, 'lead-set', acting, {
    task: { extension: kept.length > 0 ? kept : undefined, output: [...output, told.output] },
    resources: [told.written],
    events: [{ kind: 'lead', at: acting.now.toISOString(), outcome: who }],
    rest: { outbox: [told.outbox] },
  });
}
