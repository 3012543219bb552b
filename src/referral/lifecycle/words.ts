import type { Condition, Transition, Who } from './row.ts';

/** Who makes a move, for who reads the table in English. */
export const whoWords: Record<Who, string> = {
  owner: 'the Wally who has it',
  proposed: 'the colleague it is offered to',
  'acted-for': 'the Wally in whose place someone acts',
  practice: 'the practice',
  'practice-system': "the practice's system",
  wally: 'a Wally',
  'team-lead': 'the team lead',
  coordinator: 'the coordinator',
  administrator: 'the administrator',
  organisation: 'the other organisation',
  resident: 'the resident',
  'wally-system': "a Wally organisation's system",
  'coordinator-system': "the coordinator's system",
  'administrator-system': "the administrator's system",
  line: 'the line itself',
};

/** What must be so besides status and person. */
export const conditionWords: Record<Condition, string> = {
  'nothing-open-elsewhere': 'no other organisation is still at work',
  'three-attempts': 'tried on three different days, on two parts of the day',
  'stop-asked': 'the practice asked to stop',
  'question-open': 'a question to the practice is open',
  'appointment-planned': 'an appointment stands',
  unconfirmed: 'noted by a Wally after a call',
};

/** Who must hear of a move. */
export const tellsWords: Record<Transition['tells'][number], string> = {
  practice: 'the practice',
  owner: 'whoever has it',
  'next-owner': 'the next one',
  'former-owner': 'who had it',
  'team-lead': 'the team lead',
  organisation: 'the other organisation',
};
