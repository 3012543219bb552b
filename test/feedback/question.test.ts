import { describe, expect, test } from 'vitest';
import { answer, ask, openQuestion } from '../../src/feedback/question.ts';
import { canaries } from '../doubles/made.ts';
import { auditsIn, clocksIn, errorsIn, monday, notNow, notYours, refusedWith, sentIn, written } from './changes.ts';
import { accepted, gp, karim, marijke, received, sanne } from './journeys.ts';

const question = { text: 'Klopt het telefoonnummer dat u gaf?' };
const reply = { text: 'Nee, het eindigt op 4.', by: 'practice' } as const;
const tuesday = '2026-11-24T13:00:00.000Z';
const asked = () => {
  const played = accepted();
  const change = played.move(sanne, (journey, acting) => ask(journey, question, acting));
  return { played, change };
};

describe('the Wally asks the practice something', () => {
  test('the question goes the practice’s own way, and the practice has the baton', () => {
    const { change, played } = asked();
    const [communication] = written(change, 'Communication');
    expect(communication).toMatchObject({
      status: 'in-progress',
      topic: { text: 'Vraag van de Wally' },
      payload: [{ contentString: question.text }, {}],
    });
    expect(openQuestion(played.journey())?.id).toBe(communication?.id);
    expect(change.index).toMatchObject({ taskStatus: 'in-progress', businessStatus: 'awaiting-information' });
    expect(sentIn(change)).toEqual(['feedback de-brink']);
    expect(change.outbox?.[0]).toMatchObject({ document: { type: 'Communication', id: communication?.id } });
    expect(clocksIn(change)).toEqual(['answer 2026-11-30', 'attempt 2026-11-25', 'contact 2026-11-30']);
    expect(change.events).toEqual([{ kind: 'asked', at: monday, owner: 'wally-sanne' }]);
    expect(auditsIn(change)).toEqual(['question-asked U wally-sanne ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test('H3: it says about whom, with name and birth date, and no more (promise 4)', () => {
    const text = JSON.stringify(written(asked().change, 'Communication'));
    for (const needed of [canaries.family, canaries.birthDate]) expect(text).toContain(needed);
    for (const one of [canaries.bsn, canaries.phone, canaries.reason, canaries.question])
      expect(text).not.toContain(one);
  });

  test('is the owner’s, for what was accepted; no team lead asks in her name', () => {
    const played = accepted();
    for (const who of [karim, gp, marijke])
      expect(refusedWith(ask(played.journey(), question, played.acting(who)))).toEqual(notYours);
    expect(refusedWith(ask(received().journey(), question, received().acting(sanne)))).toEqual(notNow);
  });
});

describe('the practice answers', () => {
  test('on its own page: kept with the question, and the owner is told without content', () => {
    const { played } = asked();
    const open = openQuestion(played.journey());
    const change = played.move(gp, (journey, acting) => answer(journey, reply, acting), tuesday);
    expect(written(change, 'Communication')).toMatchObject([
      {
        status: 'completed',
        received: tuesday,
        inResponseTo: [{ reference: `Communication/${open?.id}` }],
        payload: [{ contentString: reply.text }],
      },
    ]);
    expect(openQuestion(played.journey())).toBeUndefined();
    expect(change.index).toMatchObject({ taskStatus: 'in-progress', businessStatus: 'information-received' });
    expect(sentIn(change)).toEqual(['notify wally-sanne']);
    expect(clocksIn(change)).toEqual(['attempt 2026-11-25', 'contact 2026-11-30']);
    expect(change.events).toEqual([{ kind: 'answered', at: tuesday, outcome: 'practice' }]);
    expect(auditsIn(change)).toEqual(['question-answered U gp-vanleeuwen ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test('by phone: the Wally notes it, and need not be told', () => {
    const { played } = asked();
    const change = played.move(sanne, (journey, acting) => answer(journey, { ...reply, by: 'phone' }, acting));
    expect(written(change, 'Communication')[0]?.medium?.[0]?.coding?.[0]?.code).toBe('PHONE');
    expect(sentIn(change)).toEqual([]);
    expect(errorsIn(change)).toEqual([]);
  });

  test('only to a question that is open, by whom it is for', () => {
    const { played } = asked();
    for (const who of [karim, marijke])
      expect(refusedWith(answer(played.journey(), reply, played.acting(who)))).toEqual(notYours);
    played.move(gp, (journey, acting) => answer(journey, reply, acting));
    expect(refusedWith(answer(played.journey(), reply, played.acting(gp)))).toEqual(['no-question-open at Task']);
    expect(refusedWith(answer(accepted().journey(), reply, accepted().acting(gp)))).toEqual(notNow);
  });

  test('two questions: an answer leaves none open that nobody would answer', () => {
    const { played } = asked();
    played.move(sanne, (journey, acting) => ask(journey, { text: 'En het adres?' }, acting));
    const change = played.move(gp, (journey, acting) => answer(journey, reply, acting));
    expect(openQuestion(played.journey())).toBeUndefined();
    expect(clocksIn(change).some((one) => one.startsWith('answer'))).toBe(false);
  });
});
