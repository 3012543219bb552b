import { setTimeout as pause } from 'node:timers/promises';
import type { FeedbackAnswer } from '../../src/feedback/answer.ts';
import { type Acting, accept } from '../../src/feedback/moves.ts';
import { report } from '../../src/feedback/report.ts';
import { openLog } from '../../src/log.ts';
import type { Change } from '../../src/referral/change.ts';
import type { Journey } from '../../src/referral/journey.ts';
import type { Refusal } from '../../src/referral/refusal.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { listReferrals, readCarriages } from '../../src/store/lists/lists.ts';
import { readJourney } from '../../src/store/referrals.ts';
import type { Store } from '../../src/store/store.ts';
import { decide } from '../../src/web/acting.ts';

const owners = ['wally-sanne', 'wally-joost', 'wally-karim'];
const team = 'voorbeeldstreek';
const lookEveryMs = 100;
const againMs = 200;
const handsMax = 6;

/** What the letters of a journey begin with, so that a receiver's record shows which of the two one is. */
export const firstLines = {
  interim: (number: string) => `Tussenbericht over ${number}.`,
  final: (number: string) => `Slotbericht over ${number}.`,
} as const;

function answerOf(kind: keyof typeof firstLines, number: string): FeedbackAnswer {
  return {
    final: kind === 'final',
    contact: 'made',
    contactOn: new Date().toISOString().slice(0, 10),
    firstLine: firstLines[kind](number),
    outcomes:
      kind === 'final'
        ? [
            { lifeArea: 'loneliness', outcome: 'led-on' },
            { lifeArea: 'debts', outcome: 'led-on' },
          ]
        : [],
    residentAgreed: true,
  };
}

/** What stands on a worklist, and whose it is. */
interface Work {
  readonly journey: string;
  readonly owner: string;
  readonly number: string;
}

type Step = readonly [
  isDone: (journey: Journey) => boolean,
  decider: (journey: Journey, acting: Acting) => Change | Refusal,
];

/** Accept, then an interim report and the final one right behind it: at the receiver they must come in that order. */
const stepsOf = ({ number }: Work): readonly Step[] => [
  [({ task }) => task.resource.status !== 'requested' && task.resource.status !== 'received', accept],
  [
    ({ communications }) => communications.length > 0,
    (journey, acting) => report(journey, answerOf('interim', number), acting),
  ],
  [
    ({ task }) => task.resource.status === 'completed',
    (journey, acting) => report(journey, answerOf('final', number), acting),
  ],
];

export interface Wallys {
  /** Journeys that were accepted and reported on twice, each report committed. */
  readonly done: number;
  /** Ends when what they are at is finished. Rejects when something was refused that may not be. */
  stop(): Promise<void>;
}

/**
 * The Wallys look at their worklists when a mail told them to, and press the buttons with the deciders of the pages. When
 * the database goes away under their hands they press again, on what they then see.
 */
export function startWallys(store: Store): Wallys {
  const directory = directoryReader(store);
  const site = { store, directory, publicUrl: 'http://127.0.0.1', log: openLog('silent') };
  const taken = new Set<string>();
  const waiting: Work[] = [];
  const wrong: string[] = [];
  let done = 0;
  let stopping = false;

  /** Repeats until the database answers; after the stop it is not waited for. */
  const surely = async <T>(act: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (stopping) throw error;
        await pause(againMs);
      }
    }
  };
  const press = async (work: Work, [isDone, decider]: Step): Promise<void> => {
    const actor = { id: work.owner, name: work.owner, role: 'wally' as const, organization: team };
    const read = () => readJourney(store, { kind: 'owner', owner: work.owner }, work.journey);
    for (let tries = 0; tries < 20; tries += 1) {
      const outcome = await surely(() =>
        decide(site, actor, read, (journey, acting) => (isDone(journey) ? undefined : decider(journey, acting))),
      );
      if (outcome === 'done') return;
      // The line was at the same journey three times in a row: a person presses again.
      if (outcome === 'absent' || !outcome.refused.some((one) => one.reason === 'changed-meanwhile')) {
        wrong.push(`the page about ${work.number} said ${JSON.stringify(outcome)}`);
        return;
      }
    }
    wrong.push(`the page about ${work.number} never let go`);
  };
  const look = async () => {
    for (const owner of owners) {
      for (const { journey, number } of await listReferrals(store, { kind: 'owner', owner }, 'new', 200)) {
        if (taken.has(journey)) continue;
        const carriages = await readCarriages(store, journey);
        if (!carriages.some((one) => one.kind === 'notify' && one.state === 'landed')) continue;
        taken.add(journey);
        waiting.push({ journey, owner, number });
      }
    }
  };
  const looking = (async () => {
    while (!stopping) {
      await surely(look);
      await pause(lookEveryMs);
    }
  })();
  const hand = async () => {
    for (;;) {
      const work = waiting.shift();
      if (!work) {
        if (stopping) return;
        await pause(lookEveryMs);
        continue;
      }
      for (const step of stepsOf(work)) await press(work, step);
      done += 1;
    }
  };
  const hands = Array.from({ length: handsMax }, hand);
  return {
    get done() {
      return done;
    },
    stop: async () => {
      stopping = true;
      await looking;
      await Promise.all(hands);
      if (wrong.length > 0) throw new Error(wrong.slice(0, 5).join('; '));
    },
  };
}
