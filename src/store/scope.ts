/** Whose rows a function may touch; every query carries it in its WHERE (decision 8). */
export type Scope =
  | { readonly kind: 'practice'; readonly practice: string }
  /** A Wally: the referrals she owns now. */
  | { readonly kind: 'owner'; readonly owner: string }
  /** A Wally: those, and what a colleague offers her or does in her place. Never what she is barred from (H11). */
  | { readonly kind: 'wally'; readonly owner: string }
  /** A team lead: the referrals of the own team. */
  | { readonly kind: 'team'; readonly team: string }
  /** One journey and no other: broken glass. It finds nothing, and lists nothing else. */
  | { readonly kind: 'journey'; readonly journey: string }
  /** Nobody's: who works with numbers or the directory alone. */
  | { readonly kind: 'none' }
  /** The line itself (relay, deliver, clock): every row, on nobody's behalf. */
  | { readonly kind: 'line' };

/** The SQL condition of a scope on the journey table `j`, its parameter as $1. */
export function scopeCondition(scope: Scope): { readonly sql: string; readonly value: string } {
  switch (scope.kind) {
    case 'practice':
      return { sql: 'j.practice_id = $1', value: scope.practice };
    case 'owner':
      return { sql: '(j.owner_id = $1 and $1 <> all(j.barred_ids))', value: scope.owner };
    case 'wally':
      return {
        sql: '($1 in (j.owner_id, j.proposed_id, j.acting_for_id) and $1 <> all(j.barred_ids))',
        value: scope.owner,
      };
    case 'team':
      return { sql: 'j.team_id = $1', value: scope.team };
    case 'journey':
      return { sql: 'j.id = $1::uuid', value: scope.journey };
    case 'none':
      return { sql: '$1::text is null', value: 'none' };
    case 'line':
      return { sql: '$1::text is not null', value: 'line' };
  }
}
