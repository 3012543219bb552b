import type { Store } from './store.ts';

/** One thing for which somebody must be called: whom, about which number, since when; nothing of a resident. */
export interface ToCall {
  /**
   * `unlanded`: feedback to be read aloud; `refused`: a message whose channel has no synchronous no; `mail`, `link`: a
   * notice, or a link for who has no account, that cannot be delivered.
   */
  readonly kind: 'unlanded' | 'refused' | 'mail' | 'link';
  readonly practice: string;
  /** Our number, where there is a referral of it. */
  readonly number: string | null;
  /** Of a mail: the role or practice that did not get it. */
  readonly recipient: string | null;
  /** The delivery, where there is one. */
  readonly delivery: string | null;
  readonly since: Date;
}

/**
 * Everything for which a telephone is the way that is left, oldest first: feedback that has not landed since `unlandedBefore`
 * or of which somebody said so, refused messages of channels without a synchronous no (decision 13), mails that were refused.
 */
export async function listToCall(store: Store, unlandedBefore: Date, limit: number): Promise<ToCall[]> {
  const { rows } = await store.pool.query<ToCall>({
    name: 'to-call',
    text: `
      select * from (
        select 'unlanded' as kind, d.practice_id as practice, j.number, null as recipient, d.id::text as delivery, d.created_at as since
          from delivery d left join journey j on j.id = d.journey_id
         where d.kind = 'feedback' and d.state in ('pending', 'queued', 'sent', 'held') and (d.created_at < $1 or d.reason = 'to-call')
        union all
        select 'refused', a.practice_id, j.number, null, null, a.raised_at
          from alarm a left join journey j on j.id = a.journey_id where a.kind = 'call-practice' and a.resolved_at is null
        union all
        select case when d.document_type in ('Link', 'LinkCode') then 'link' else 'mail' end, d.practice_id, j.number,
          d.recipient, d.id::text, d.created_at
          from delivery d left join journey j on j.id = d.journey_id where d.kind = 'notify' and d.state = 'held') c
      order by since, kind, practice limit $2`,
    values: [unlandedBefore, limit],
  });
  return rows;
}
