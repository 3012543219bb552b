import type { Journey } from '../../referral/journey.ts';
import { copiesOf } from '../../store/case-systems.ts';
import type { readEvents } from '../../store/queue/deliveries.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import type { Site } from '../site.ts';

/** What happens without anybody who works with it taking a step. */
const passive = new Set(['visible', 'opened', 'landed', 'fallback', 'overdue']);

/**
 * That something was done in an own case system which could not be taken over, and why: shown to who works with the referral
 * until somebody takes the next step. Undefined when there is nothing to say.
 */
export async function caseNote(
  { store }: Site,
  viewer: Viewer,
  journey: Journey,
  events: Awaited<ReturnType<typeof readEvents>>,
): Promise<Markup | undefined> {
  const last = Math.max(0, ...events.filter(({ kind }) => !passive.has(kind)).map(({ at }) => at.getTime()));
  const refused = (await copiesOf(store, journey.id))
    .flatMap(({ kept }) => kept.refused ?? [])
    .filter(({ at }) => Date.parse(at) >= last);
  if (refused.length === 0) return undefined;
  const t = sayIn(viewer.language);
  const lines = refused.map(
    ({ at, said }) =>
      html`<li>${momentText(new Date(at), viewer.language)}: ${said.map((one) => t(one.nl, one.en)).join(' ')}</li>`,
  );
  return html`
    <section class="panel" aria-labelledby="case-note">
      <h2 id="case-note">${t(
        'In het eigen dossiersysteem is iets gedaan dat hier niet kon',
        'Something was done in the own case system that could not be done here',
      )}</h2>
      <ul class="plain">${lines}</ul>
      <p>${t(
        'Wat hier staat, geldt. Doe de stap hier, of verbeter haar in het dossiersysteem.',
        'What stands here counts. Take the step here, or correct it in the case system.',
      )}</p>
    </section>`;
}
