/** Who acts (decision 17): a person or system in a role, for a practice or a team, with a purpose. */
export interface Actor {
  /** PractitionerRole id of a person, the application or client id of a system, or `kortelijn` for the line itself. */
  readonly id: string;
  readonly name: string;
  readonly role:
    | 'practice'
    | 'wally'
    | 'team-lead'
    | 'coordinator'
    | 'administrator'
    | 'practice-system'
    | 'organisation'
    | 'resident'
    | 'wally-system'
    | 'coordinator-system'
    | 'administrator-system'
    | 'line';
  /** The practice (practice roles), the Wally organisation (wally, team-lead, wally-system), or the one that came by a link. */
  readonly organization?: string;
}

/** The line itself: relay, deliver, clock. */
export const theLine: Actor = { id: 'kortelijn', name: 'Kortelijn', role: 'line' };
