import { type Acting, auditOf } from '../feedback/moves.ts';
import { resume } from '../feedback/rest.ts';
import { tellOwner, tellPractice } from '../feedback/tell.ts';
import type { Log } from '../log.ts';
import { theLine } from '../referral/actor.ts';
import { isCategory } from '../referral/category.ts';
import type { Change } from '../referral/change.ts';
import { type ClockKind, clocksOf, type Step, stepAt } from '../referral/clocks.ts';
import { addDays, isWorkingDay, localDay } from '../referral/deadlines.ts';
import type { Directory } from '../referral/directory/directory.ts';
import { isPresent, teamLeads } from '../referral/directory/directory.ts';
import type { Journey } from '../referral/journey.ts';
import type { OutboxRow } from '../referral/outbox-row.ts';
import { isRefusal } from '../referral/refusal.ts';
import { type DueClock, dueClocks } from '../store/clocks.ts';
import { readJourney } from '../store/referrals.ts';
import type { Store } from '../store/store.ts';

export interface Overseeing {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
  readonly log: Log;
}

const atOnceMax = 500;

/** What the GP reads when a promise was not kept; the Wally's own memory is not the GP's business. */
const toPractice: Partial<Record<ClockKind, string>> = {
  open: 'Nog geen antwoord: de Wally heeft uw verwijzing nog niet geopend.',
  attempt: 'Nog geen antwoord: de Wally heeft de inwoner nog niet gebeld.',
  contact: 'Nog geen antwoord: de Wally heeft de inwoner nog niet gesproken.',
  news: 'Al enige tijd geen nieuws van de Wally.',
  stop: 'Nog geen antwoord op uw vraag om te stoppen.',
};

function remind(journey: Journey, step: Step, acting: Acting): OutboxRow[] {
  const { roles } = acting.directory;
  const { owner, team } = journey.index;
  if (step === 'reminder') return tellOwner(journey, acting);
  const leads = teamLeads(acting.directory, team).flatMap((lead) => tellOwner(journey, acting, lead.id));
  if (step === 'team-lead') return leads;
  const substitute = roles.get(roles.get(owner ?? '')?.substitute ?? '');
  const isBarred = journey.index.barred.includes(substitute?.id ?? '');
  const isThere = substitute && !isBarred && isPresent(substitute, localDay(acting.now));
  return isThere ? tellOwner(journey, acting, substitute.id) : leads;
}

const silence = 'Nog geen antwoord van de Wally';

/** Whether the GP was told of a silence since a day. */
function wasTold({ communications }: Journey, since: string): boolean {
  return communications.some(
    ({ resource }) =>
      isCategory(resource, 'system-notice') &&
      resource.topic?.text === silence &&
      localDay(new Date(resource.sent ?? 0)) > since,
  );
}

/**
 * The next step about a clock that ran out: reminder, substitute, team lead and phone list, and then the GP is told
 * (H5). A rest that is over is taken up again. A clock whose day is another by now (the practice agreed on other days) is
 * set anew, with all of the journey. Undefined when nothing is left to do. Pure.
 */
export function overdueStep(journey: Journey, due: DueClock, acting: Acting): Change | undefined {
  const levels = acting.directory.practices.get(journey.practice)?.levels;
  const clocks = clocksOf(journey, levels);
  if (!clocks.some((one) => one.kind === due.kind && one.dueOn === due.dueOn))
    return { scope: { practice: journey.practice }, journey: journey.id, clocks, audit: [] };
  const day = localDay(acting.now);
  const next = stepAt(due.kind, due.level, day);
  if (!next) return undefined;
  if (due.kind === 'rest') {
    const resumed = resume(journey, acting);
    if (!isRefusal(resumed)) return resumed;
  }
  const { step, nextOn } = next;
  // Staff must open each letter: one about the same silence is enough for a week.
  const said = step === 'practice' && !wasTold(journey, addDays(day, -7)) ? toPractice[due.kind] : undefined;
  const told = said
    ? tellPractice(
        journey,
        {
          category: 'system-notice',
          topic: silence,
          firstLine: said,
          lines: ['De teamleider van de Wally weet ervan.'],
          todo: 'bellen als het niet kan wachten.',
        },
        acting,
      )
    : undefined;
  const at = acting.now.toISOString();
  return {
    scope: { practice: journey.practice },
    journey: journey.id,
    clockStep: { kind: due.kind, dueOn: due.dueOn, level: due.level, nextOn },
    ...(told && { resources: [told.written] }),
    outbox: told ? [told.outbox] : step === 'practice' ? [] : remind(journey, step, acting),
    events: [{ kind: 'overdue', at, on: due.dueOn, owner: journey.index.owner, outcome: `${due.kind} ${step}` }],
    alarms: step === 'team-lead' ? [{ kind: 'overdue', team: journey.index.team, raise: true, at }] : [],
    audit: [auditOf('clock-overdue', journey, acting, 'E')],
  };
}

async function oversee({ store, directory }: Overseeing, due: DueClock, now: Date): Promise<boolean> {
  const journey = await readJourney(store, { kind: 'line' }, due.journey);
  const change =
    journey && overdueStep(journey, due, { actor: theLine, now, newId: store.newId, directory: await directory() });
  const done = change !== undefined && (await store.commit(change)).ok;
  // A clock that was set anew is no step: nobody was told.
  return done && change.events !== undefined;
}

/**
 * Takes the step that is due for each clock that ran out, on working days only; the other days wait for the next one.
 * Safe in several processes: of two that take the same step one finds it taken. One journey that fails does not keep the
 * others waiting. Gives how many steps were taken.
 */
export async function overseeClocks(parts: Overseeing): Promise<number> {
  const now = parts.store.clock();
  const day = localDay(now);
  if (!isWorkingDay(day)) return 0;
  let taken = 0;
  for (const due of await dueClocks(parts.store, day, atOnceMax)) {
    try {
      if (await oversee(parts, due, now)) taken += 1;
    } catch (error) {
      parts.log.bug('clock-not-followed', error, { journey: due.journey, code: due.kind });
    }
  }
  return taken;
}
