import type { Store } from './store.ts';

/** A referral of the same person by the same practice, from before this one: no content of it is opened. */
export interface EarlierReferral {
  readonly number: string;
  readonly receivedAt: Date;
  readonly taskStatus: string;
  readonly businessStatus: string;
}

/**
 * Whether this resident was referred before, by the same practice only: another practice's referrals are nobody's
 * business here. The same family name and birth date, and no other BSN; newest first, at most `limit`. What was taken
 * back or recalled never was a referral.
 */
export async function earlierReferrals(store: Store, journey: string, limit: number): Promise<EarlierReferral[]> {
  const { rows } = await store.pool.query<EarlierReferral>({
    name: 'earlier-referrals',
    text: `select o.number, o.received_at as "receivedAt", o.task_status as "taskStatus", o.business_status as "businessStatus"
             from journey j join journey o on o.practice_id = j.practice_id and o.family_hmac = j.family_hmac
              and o.birth_date_hmac = j.birth_date_hmac and o.id <> j.id and o.received_at < j.received_at
            where j.id = $1 and (o.bsn_hmac is null or j.bsn_hmac is null or o.bsn_hmac = j.bsn_hmac)
              and o.task_status <> 'entered-in-error' and o.business_status <> 'taken-back'
            order by o.received_at desc limit $2`,
    values: [journey, limit],
  });
  return rows;
}
