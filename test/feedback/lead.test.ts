import { describe, expect, test } from 'vitest';
import { end } from '../../src/feedback/ending.ts';
import { setLead } from '../../src/feedback/lead.ts';
import { hearOnward, referOn } from '../../src/feedback/onward.ts';
import { leadOf } from '../../src/referral/lead.ts';
import { auditsIn, clocksIn, errorsIn, notYours, refusedWith, sentIn, written } from './changes.ts';
import { accepted, gp, karim, marijke, type Played, received, sanne } from './journeys.ts';
import { onward, regionToo } from './onward-region.ts';

const ledOn = (): Played => {
  const played = accepted();
  played.move(sanne, (journey, acting) => referOn(journey, onward, regionToo(acting)));
  return played;
};
const taskElsewhere = (played: Played) => played.journey().children[0]?.resource.id ?? '';
const give = (played: Played, to: string) => played.move(sanne, (journey, acting) => setLead(journey, to, acting));

describe('who has the lead', () => {
  test('is the Wally as long as nothing else was agreed', () => {
    expect(leadOf(accepted().journey())).toEqual({ who: 'wally' });
  });

  test('may be the practice: it is told, and owner, state and clocks are as they were', () => {
    const played = accepted();
    const before = played.journey();
    const change = give(played, 'practice');
    expect(leadOf(played.journey())).toEqual({ who: 'practice' });
    expect(sentIn(change)).toEqual(['feedback de-brink']);
    expect(written(change, 'Communication')[0]?.payload?.[0]?.contentString).toBe('De regie is nu bij uw praktijk.');
    expect(change.index).toEqual(before.index);
    expect(clocksIn(change)).toEqual(['attempt 2026-11-25', 'contact 2026-11-30']);
    expect(change.events).toMatchObject([{ kind: 'lead', outcome: 'practice' }]);
    expect(auditsIn(change)).toEqual(['lead-set U wally-sanne ok']);
    expect(written(change, 'Provenance')).toHaveLength(1);
    expect(errorsIn(change)).toEqual([]);
    give(played, 'wally');
    expect(leadOf(played.journey())).toEqual({ who: 'wally' });
  });

  test('H9: may be an organisation at work with its own consent, and the practice reads no name of it', () => {
    const played = ledOn();
    const change = give(played, taskElsewhere(played));
    expect(leadOf(played.journey())).toMatchObject({ who: 'organisation', organization: 'budgetcoaches' });
    const seenByPractice = [...written(change, 'Communication'), ...written(change, 'Task')];
    expect(JSON.stringify(seenByPractice)).not.toMatch(/budgetcoaches/i);
    expect(errorsIn(change)).toEqual([]);
  });

  test('H9: not an organisation whose consent is no longer in force, or that has finished', () => {
    const refused = ['no-consent-for-organisation at Task.extension'];
    const played = ledOn();
    const journey = played.journey();
    const withdrawn = {
      ...journey,
      childConsents: (journey.childConsents ?? []).map((one) => ({
        ...one,
        resource: { ...one.resource, status: 'inactive' as const },
      })),
    };
    expect(refusedWith(setLead(withdrawn, taskElsewhere(played), played.acting(sanne)))).toEqual(refused);
    give(played, taskElsewhere(played));
    played.move(sanne, (now, acting) => hearOnward(now, { task: taskElsewhere(played), outcome: 'helped' }, acting));
    expect(leadOf(played.journey())).toEqual({ who: 'wally' });
    expect(refusedWith(setLead(played.journey(), taskElsewhere(played), played.acting(sanne)))).toEqual(refused);
  });

  test('H10: is the Wally again once the consent was withdrawn', () => {
    const played = ledOn();
    give(played, taskElsewhere(played));
    played.move(sanne, (journey, acting) => end(journey, 'consent-withdrawn', acting));
    expect(leadOf(played.journey())).toEqual({ who: 'wally' });
  });

  test('is for the owner to say, of work that she has taken on', () => {
    const played = accepted();
    for (const who of [karim, gp, marijke])
      expect(refusedWith(setLead(played.journey(), 'practice', played.acting(who)))).toEqual(notYours);
    expect(refusedWith(setLead(received().journey(), 'practice', received().acting(sanne)))).toEqual([
      'not-in-this-state at Task.status',
    ]);
  });
});
