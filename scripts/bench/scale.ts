import type { Other } from './others.ts';
import type { Place } from './place.ts';

/** Named figures of one repetition. */
export type Figures = Readonly<Record<string, number>>;

/** How much of each is done in one repetition. */
export interface Scale {
  readonly repetitions: number;
  /** Referrals in a flood at the FHIR door, and in one through the whole line. */
  readonly intake: number;
  readonly line: number;
  readonly feedback: number;
  /** Messages at 50 per second. */
  readonly steady: number;
  readonly mllp: number;
  readonly mappingMs: number;
  /** Journeys written straight into the database, and over how many connections. */
  readonly limit: number;
  readonly limitConnections: number;
  /** Stored resources that searches find theirs among; once, whatever the repetitions. */
  readonly searched: number;
  /** New on the worklist of one Wally when its page is asked. */
  readonly listed: number;
  /** In the record when the administrator's pages are asked. */
  readonly deliveries: number;
  /** In error, and tried again by one bulk job. */
  readonly bulk: number;
}

export const fullScale: Scale = {
  repetitions: 5,
  intake: 4_000,
  line: 1_500,
  feedback: 800,
  steady: 400,
  mllp: 3_000,
  mappingMs: 700,
  limit: 4_000,
  limitConnections: 4,
  searched: 1_000_000,
  listed: 5_000,
  deliveries: 1_000_000,
  bulk: 100_000,
};

/** One short repetition: whether everything runs, and about how fast. */
export const quickScale: Scale = {
  repetitions: 1,
  intake: 1_200,
  line: 400,
  feedback: 200,
  steady: 150,
  mllp: 800,
  mappingMs: 200,
  limit: 1_500,
  limitConnections: 4,
  searched: 20_000,
  listed: 400,
  deliveries: 50_000,
  bulk: 5_000,
};

/** What every measurement gets. */
export interface Bench {
  readonly place: Place;
  readonly his: Other;
  readonly mail: Other & { readonly port: number };
  readonly scale: Scale;
  /** No flood goes on for longer, however slow the machine. */
  readonly phaseMsMax: number;
  /** Where node leaves CPU profiles of the service. */
  readonly profileDir: string | undefined;
}
