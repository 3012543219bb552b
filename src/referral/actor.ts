/** Who acts (decision 17): a person or system in a role, for a practice or a team, with a purpose. */
export interface Actor {
  /** PractitionerRole id of a person, the credential's application of a system, or `kortelijn` for the line itself. */
  readonly id: string;
  readonly name: string;
  readonly role: 'practice' | 'wally' | 'team-lead' | 'administrator' | 'practice-system' | 'organisation' | 'line';
  /** The practice (practice roles), the Wally organisation (wally, team-lead) or the one that came in by a link. */
  readonly organization?: string;
}

/** The line itself: relay, deliver, clock. */
export const theLine: Actor = { id: 'kortelijn', name: 'Kortelijn', role: 'line' };
