import type { Said } from '../../fhir/outcome.ts';
import { isRefusal } from '../../referral/refusal.ts';
import { openAlarms } from '../../store/lists/lists.ts';
import { decide, journeyOf, sendNotFound, type Visit } from '../acting.ts';
import type { Site } from '../site.ts';

export const calledSaid: Said = {
  nl: 'Genoteerd: u hebt de praktijk gesproken.',
  en: 'Noted: you spoke to the practice.',
};

/**
 * "I called": takes "call the practice" off the phone list of the own team, with who did it in the audit trail. Only that
 * kind: the other alarms end when what they are about is mended.
 */
export async function noteCalled(site: Site, visit: Visit, team: string): Promise<void> {
  const { actor } = visit.viewer;
  const id = journeyOf(visit.request);
  if (!id) return sendNotFound(visit);
  const outcome = await decide(
    site,
    actor,
    async () => ({
      alarm: (await openAlarms(site.store, team)).find((one) => one.journey === id && one.kind === 'call-practice'),
    }),
    ({ alarm }, { now }) => {
      // Tapped twice, or meanwhile mended: what was asked for is so.
      if (!alarm) return undefined;
      const at = now.toISOString();
      return {
        scope: { practice: alarm.practice },
        journey: id,
        alarms: [{ kind: 'call-practice', team, raise: false, at }],
        audit: [
          {
            event: 'practice-called',
            at,
            actor: { id: actor.id, role: actor.role, organization: team },
            action: 'U',
            outcome: 'ok',
            object: `Organization/${alarm.practice}`,
            purpose: 'HOPERAT',
          },
        ],
      };
    },
  );
  if (isRefusal(outcome)) return visit.response.redirect(303, '/team');
  visit.response.redirect(303, '/team?done=called');
}
