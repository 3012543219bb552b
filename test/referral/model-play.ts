import type { Acting } from '../../src/feedback/moves.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { Change } from '../../src/referral/change.ts';
import { addDays, localDay } from '../../src/referral/deadlines.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isOpen, TRANSITIONS, transition } from '../../src/referral/lifecycle/lifecycle.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { freeFor, nextToEnd } from './model-ending.ts';
import { holds } from './model-holds.ts';
import { byHand, laterPart } from './model-later.ts';
import type { Ending, Heard, KeptDelivery, ModelLine } from './model-line.ts';
import { type Dice, diceOf, eagerness, moveWith } from './model-moves.ts';
import { newReferral } from './model-referral.ts';
import { actorFor, gpOf, hisOf, lead, wally, wallys } from './model-region.ts';
import { count, type Tally } from './model-tally.ts';

const dayMs = 86_400_000;

/** One sequence: people do what the numbers say, on any line, and after each of them everything must hold. */
export class Story {
  readonly trace: string[] = [];
  readonly journeys: string[] = [];
  #moves = 0;
  #looked = true;
  readonly #endedBy = new Map<string, Actor>();
  readonly #undoUntil = new Map<string, string>();
  readonly #line: ModelLine;
  readonly #tally: Tally;
  readonly #name: string;
  /** Looks once in so many actions: each look at the real store takes a while. */
  readonly #lookEvery: number;

  constructor(line: ModelLine, name: string, tally: Tally, lookEvery = 1) {
    this.#line = line;
    this.#name = name;
    this.#tally = tally;
    this.#lookEvery = lookEvery;
  }

  async play(actions: readonly number[]): Promise<void> {
    try {
      for (const [n, action] of actions.entries()) {
        await this.#act(diceOf(action));
        if (n % this.#lookEvery === 0) await this.#look();
      }
      this.#tally.lengths.push(this.#moves);
      await this.#endWell();
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      throw new Error(`${said}\n  after: ${this.trace.slice(-14).join('\n         ')}`, { cause: error });
    }
  }

  async #look(): Promise<void> {
    holds(this.journeys, await this.#line.kept(this.journeys), {
      today: localDay(this.#line.now),
      directory: await this.#line.directory(),
      looked: this.#looked,
      endedBy: this.#endedBy,
    });
  }

  #acting = async (actor: Actor): Promise<Acting> => ({
    actor,
    now: this.#line.now,
    newId: this.#line.newId,
    directory: await this.#line.directory(),
  });

  #noteEnd(before: Journey, after: Journey, actor: Actor): void {
    if (isOpen(before.index.taskStatus) && !isOpen(after.index.taskStatus)) this.#endedBy.set(before.id, actor);
  }

  /** Commits what was decided; gives a line of the story. */
  async #take(journey: Journey, decided: Change | Refusal | undefined, actor: Actor): Promise<string> {
    if (!decided) return 'nothing';
    if (isRefusal(decided)) {
      const reason = decided.refused[0]?.reason;
      if (!reason) throw new Error('a refusal without its reason');
      return `no: ${reason}`;
    }
    const done = await this.#line.commit(decided);
    if (!done.ok) throw new Error(`not committed: ${done.why}`);
    this.#moves += 1;
    const after = await this.#line.journey(journey.id);
    this.#noteEnd(journey, after, actor);
    const { taskStatus, owner, actingFor, proposed, barred } = after.index;
    return `${taskStatus} ${owner} for ${actingFor} to ${proposed} not ${barred}`;
  }

  async #act(dice: Dice): Promise<void> {
    const open = [];
    for (const id of this.journeys) if (!this.#endedBy.has(id)) open.push(await this.#line.journey(id));
    const what = open.length === 0 ? 0 : dice.below(100);
    if (what < 3 && open.length < 2) return this.#refer(dice);
    const journey = dice.once(8) ? await this.#line.journey(dice.pick(this.journeys)) : dice.pick(open);
    if (what < 62) return this.#move(journey, dice);
    if (what < 66) return this.#wild(journey, dice);
    if (what < 69) return this.#atOnce(journey, dice);
    if (what < 72) return this.#later(journey, dice);
    if (what < 79) return this.#absence(dice);
    if (what < 89) return this.#pass(dice, dice.once(4) ? dice.below(12) + 1 : dice.below(2));
    if (what >= 91) return this.#deliverSome(dice);
    await this.#line.restart();
    this.#did('restart');
  }

  #did(what: string): void {
    this.#moves += 1;
    this.trace.push(what);
  }

  async #refer(dice: Dice): Promise<void> {
    const number = `${this.#name}-${this.journeys.length}`;
    const { change, journey, practice } = newReferral(number, dice, await this.#acting(lead));
    const done = await this.#line.commit(change);
    if (!done.ok) throw new Error(`not taken in: ${done.why}`);
    this.journeys.push(journey);
    this.#undoUntil.set(journey, change.index?.undoUntil ?? '');
    this.#did(`refer ${practice} → ${(await this.#line.journey(journey)).index.owner}`);
    // The same again: one referral, whatever the practice sends twice.
    const again = await this.#line.commit(change);
    if (again.ok) throw new Error('the same referral was taken in twice');
  }

  /** A move that the table allows now, by whom it allows it. */
  async #move(journey: Journey, dice: Dice): Promise<void> {
    const status = journey.index.taskStatus;
    const rows = TRANSITIONS.filter((row) => row.from.some((from) => from === status));
    for (let tries = 0; tries < 5; tries += 1) {
      let left = dice.below(1_000_000) / 1_000_000;
      left *= rows.reduce((sum, row) => sum + eagerness[row.move], 0);
      const row = rows.find((one) => {
        left -= eagerness[one.move];
        return left < 0;
      });
      if (!row) continue;
      const deviating = row.mayDeviate && dice.once(12) ? 'Zo is het afgesproken' : undefined;
      const actor = deviating ? lead : actorFor(dice.pick(row.by), journey);
      if (!actor || isRefusal(transition(journey, row.move, actor, deviating))) continue;
      const decided = moveWith[row.move](dice)(journey, await this.#acting(actor), deviating);
      const said = await this.#take(journey, decided, actor);
      if (decided && !isRefusal(decided)) count(this.#tally, journey, row.move, actor);
      this.trace.push(`${row.move} of ${this.#short(journey)} by ${actor.id}: ${said}`);
      return;
    }
  }

  #short = (journey: Journey) => `journey ${this.journeys.indexOf(journey.id) + 1}`;

  /** Anybody tries anything: what the table does not allow is refused with its reason and changes nothing. */
  async #wild(journey: Journey, dice: Dice): Promise<void> {
    const move = dice.pick(TRANSITIONS).move;
    const actor = dice.pick([
      ...wallys.map(wally),
      lead,
      gpOf(journey.practice),
      hisOf(journey.practice),
      { id: 'stranger', name: 'stranger', role: 'administrator' } as const,
    ]);
    const decided = moveWith[move](dice)(journey, await this.#acting(actor));
    const allowed = transition(journey, move, actor);
    if (decided && isRefusal(allowed) !== isRefusal(decided) && isRefusal(allowed))
      throw new Error(`${move} by ${actor.id} was done, and the table refuses it`);
    const said = await this.#take(journey, decided, actor);
    if (decided && !isRefusal(decided)) count(this.#tally, journey, move, actor);
    this.trace.push(`wild ${move} of ${this.#short(journey)} by ${actor.id}: ${said}`);
  }

  /** Two people decide on the same version: the second is told to look again. */
  async #atOnce(journey: Journey, dice: Dice): Promise<void> {
    const owner = actorFor('owner', journey);
    if (!owner || !isOpen(journey.index.taskStatus)) return;
    const first = moveWith.offer(dice)(journey, await this.#acting(owner));
    const second = moveWith.reassign(dice)(journey, await this.#acting(lead));
    if (!first || !second || isRefusal(first) || isRefusal(second)) return;
    this.trace.push(`at once of ${this.#short(journey)}: ${await this.#take(journey, first, owner)}`);
    const done = await this.#line.commit(second);
    if (done.ok || done.why !== 'stale') throw new Error('two people decided on one version, and both were right');
  }

  /** The practice's later parts: a correction, a letter more, a cancellation. */
  async #later(journey: Journey, dice: Dice): Promise<void> {
    const actor = hisOf(journey.practice);
    const id = `${this.#name}-later-${this.trace.length}`;
    const { kind, decided } = laterPart(journey, dice, id, await this.#acting(actor));
    this.trace.push(`${kind} of ${this.#short(journey)}: ${await this.#take(journey, decided, actor)}`);
  }

  async #absence(dice: Dice): Promise<void> {
    const who = dice.pick(wallys);
    const { roles } = await this.#line.directory();
    const today = localDay(this.#line.now);
    const from = addDays(today, dice.pick([0, 0, 0, 1, 3]));
    const to = addDays(from, dice.below(9));
    const isAway = (roles.get(who)?.absences.length ?? 0) > 0;
    await this.#line.absent(who, isAway && !dice.once(4) ? [] : [dice.once(4) ? { from } : { from, to }]);
    this.#looked = false;
    // Now and then the process stops right here: the clock's beat, or a delivery, is what finds it.
    if (!dice.once(4)) await this.#presence();
    this.#did(`${who} ${isAway ? 'back or away again' : 'away'} from ${from}`);
  }

  async #presence(): Promise<void> {
    await this.#line.presence();
    this.#looked = true;
  }

  /** Time passes, day by day: each begins with the line's own rounds. Many days are a silence. */
  async #pass(dice: Dice, days: number): Promise<void> {
    if (days === 0) {
      const before = localDay(this.#line.now);
      this.#line.now = new Date(this.#line.now.getTime() + (dice.below(5) + 1) * 3_600_000);
      if (before !== localDay(this.#line.now)) await this.#morning();
    }
    for (let n = 0; n < days; n += 1) {
      this.#line.now = new Date(this.#line.now.getTime() + dayMs);
      await this.#morning();
      await this.#look();
    }
    this.#did(`${days} days → ${localDay(this.#line.now)}`);
  }

  async #morning(): Promise<void> {
    await this.#presence();
    await this.#line.oversee();
  }

  async #waiting(states: readonly string[]): Promise<KeptDelivery[]> {
    const deliveries = await this.#line.deliveries(this.journeys);
    const now = this.#line.now.toISOString();
    // H3: in the minutes in which it can be undone nothing leaves.
    const undoable = new Set(this.journeys.filter((id) => (this.#undoUntil.get(id) ?? '') > now));
    return this.journeys.flatMap((id) =>
      (deliveries.get(id) ?? []).filter(
        (one) => states.includes(one.state) && !(undoable.has(id) && one.kind !== 'feedback'),
      ),
    );
  }

  async #deliverSome(dice: Dice): Promise<void> {
    const some = await this.#waiting(['pending', 'queued']);
    for (const one of some.slice(0, dice.below(6) + 1)) {
      const how: Ending = one.kind === 'feedback' && dice.once(4) ? dice.pick(['fails', 'refused']) : 'arrives';
      await this.#line.deliver(one, how);
    }
    const [held] = await this.#waiting(['held']);
    if (held) await this.#byHand(held, dice);
    this.#did(`deliveries: ${(await this.#waiting(['pending', 'queued', 'held'])).length} wait`);
  }

  async #byHand(held: KeptDelivery, dice: Dice): Promise<void> {
    const change = byHand(held, await this.#line.journey(held.journey), dice, await this.#acting(lead));
    if (change && !isRefusal(change)) await this.#line.commit(change);
  }

  /** Every journey can still end well: it is done here, by the people the rules allow, and lands. */
  async #endWell(): Promise<void> {
    for (const id of this.journeys) {
      for (let tries = 0; isOpen((await this.#line.journey(id)).index.taskStatus); tries += 1) {
        if (tries > 12) throw new Error('this journey cannot be ended');
        await this.#towardsTheEnd(await this.#line.journey(id));
      }
      const journey = await this.#line.journey(id);
      const gp = gpOf(journey.practice);
      if (!isRefusal(transition(journey, 'confirm', gp)))
        await this.#take(journey, moveWith.confirm(diceOf(1))(journey, await this.#acting(gp)), gp);
    }
    this.#line.now = new Date(this.#line.now.getTime() + dayMs);
    for (const one of await this.#waiting(['held'])) await this.#byHand(one, diceOf(1));
    for (const one of await this.#waiting(['pending', 'queued'])) await this.#line.deliver(one, 'arrives');
    await this.#morning();
    await this.#look();
    const { clocks, alarms, journeys } = await this.#line.kept(this.journeys);
    const waiting = await this.#waiting(['pending', 'queued', 'held', 'sent']);
    if (clocks.size > 0 || waiting.length > 0) throw new Error('all is over, and something still runs or waits');
    for (const id of this.journeys) {
      const status = journeys.get(id)?.serviceRequest.resource.status;
      if (status === 'active') throw new Error('all is over, and a request is still active');
      if ((alarms.get(id)?.size ?? 0) > 0)
        throw new Error(`all is over, and an alarm is not: ${[...(alarms.get(id) ?? [])]}`);
    }
  }

  async #towardsTheEnd(journey: Journey): Promise<void> {
    if (journey.index.owner === null) {
      await this.#line.absent(freeFor(journey), []);
      await this.#presence();
    }
    const now = await this.#line.journey(journey.id);
    const { actor, decide } = nextToEnd(now);
    const change = decide(now, await this.#acting(actor));
    if (!change || isRefusal(change)) throw new Error(`${actor.id} may not help to end it`);
    const done = await this.#line.commit(change);
    if (!done.ok) throw new Error(`not committed: ${done.why}`);
    this.#noteEnd(now, await this.#line.journey(journey.id), actor);
  }
}

export const silent: Heard = { moved: () => undefined };
