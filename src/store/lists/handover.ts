import type { Store } from '../store.ts';
import { type ListPlace, ordering } from './order.ts';

/** An open referral that someone has, or has done in their place; no content is opened. */
export interface HeldReferral {
  readonly journey: string;
  readonly number: string;
  readonly practice: string;
  readonly requesterAgb: string | null;
  readonly rule: string | null;
  readonly barred: readonly string[];
  readonly taskStatus: string;
  readonly businessStatus: string;
  readonly place: ListPlace;
}

/** Every open referral of a Wally of this team, also those that a substitute does for her; what presses most first. */
export async function heldReferrals(store: Store, team: string, wally: string): Promise<HeldReferral[]> {
  const { rank, arrived, by } = ordering('pressing', {}, () => '');
  const { rows } = await store.pool.query<HeldReferral>({
    name: 'held-referrals',
    text: `select id as journey, number, practice_id as practice, requester_agb as "requesterAgb", rule_id as rule,
                  barred_ids as barred, task_status as "taskStatus", business_status as "businessStatus",
                  json_build_object('rank', ${rank}, 'day', call_before::text, 'arrived', ${arrived}, 'journey', id) as place
             from journey j
            where team_id = $1 and $2 in (owner_id, acting_for_id)
              and task_status in ('requested', 'received', 'accepted', 'in-progress', 'on-hold')
            order by ${by}`,
    values: [team, wally],
  });
  return rows;
}
