/** Whether a person (the id of their role) may be in; ending only the sessions lets them sign in anew. */
export interface PersonMove {
  readonly to: 'sessions-ended' | 'locked-out' | 'let-in';
  readonly person: string;
  readonly at: string;
}
