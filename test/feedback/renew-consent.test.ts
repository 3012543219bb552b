import type { Consent } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { linkWaits, sendLinkAnew } from '../../src/feedback/by-link.ts';
import { contactMade } from '../../src/feedback/contact.ts';
import { decline } from '../../src/feedback/ending.ts';
import { askToStop } from '../../src/feedback/later.ts';
import { decideAsked } from '../../src/feedback/named-move/named-move.ts';
import { hearOnward, referOn } from '../../src/feedback/onward.ts';
import { ask } from '../../src/feedback/question.ts';
import { readAloud } from '../../src/feedback/read-aloud.ts';
import { renewConsent } from '../../src/feedback/renew-consent.ts';
import { report } from '../../src/feedback/report.ts';
import { agreeToStop } from '../../src/feedback/stop.ts';
import { extensions } from '../../src/fhir/systems.ts';
import { letterWaits, practiceSees } from '../../src/referral/consent-waits.ts';
import { canaries, young } from '../doubles/made.ts';
import { auditsIn, errorsIn, refusedWith, sentIn, written } from './changes.ts';
import { accepted, answerOf, gp, karim, marijke, monday, received, sanne } from './journeys.ts';
import { elsewhere, onward, regionToo } from './onward-region.ts';

/** The day before a birthday, on which it came; and the birthday. */
const tuesday = '2026-11-24T10:00:00.000Z';
const renewal = (by: 'resident' | 'parents' | 'resident-and-parents' | 'representative', on = '2026-11-24') => ({
  consent: { by, how: 'spoken' as const, on },
});
const arriving = { 12: young('2014-11-24', 'parents'), 16: young('2010-11-24') } as const;
const turning = { 12: () => accepted(arriving[12]), 16: () => accepted(arriving[16]) } as const;
const letterOf = (change: ReturnType<ReturnType<typeof accepted>['move']>) =>
  JSON.stringify(written(change, 'Communication')[0]?.payload);
const content = answerOf({ firstLine: canaries.letter });

describe.each([
  [12, 'resident-and-parents'],
  [16, 'resident'],
] as const)('H6: turning %i while it is under way', (age, decides) => {
  test('the day before, content goes back; from the birthday only that it was closed', () => {
    const before = turning[age]().move(sanne, (journey, acting) => report(journey, content, acting));
    expect(letterOf(before)).toContain(canaries.letter);
    const after = turning[age]().move(sanne, (journey, acting) => report(journey, content, acting), tuesday);
    expect(letterOf(after)).not.toContain(canaries.letter);
    expect(after.index?.taskStatus).toBe('completed');
  });

  test('nothing goes to another organisation, and the refusal says what to do', () => {
    const played = turning[age]();
    const acting = regionToo(played.acting(sanne, tuesday));
    const asked = { ...onward, consent: renewal(decides).consent };
    expect(refusedWith(referOn(played.journey(), asked, acting))).toEqual(['consent-to-renew at Consent']);
    played.move(sanne, (journey, at) => renewConsent(journey, renewal(decides), at), tuesday);
    expect(refusedWith(referOn(played.journey(), asked, acting))).toBeUndefined();
  });

  test('a link that was sent before the birthday is not sent again', () => {
    const played = turning[age]();
    const asked = { ...onward, consent: renewal('representative', '2026-11-23').consent };
    played.move(sanne, (journey, acting) => referOn(journey, asked, regionToo(acting)));
    const child = played.journey().children[0]?.resource.id ?? '';
    expect(refusedWith(sendLinkAnew(played.journey(), child, played.acting(sanne, tuesday)))).toEqual([
      'consent-to-renew at Consent',
    ]);
  });

  test('no question goes to the practice, and no proposal with a no; the day before they do', () => {
    const text = { text: `${canaries.letter}?` };
    const asked = (at?: string) => ask(turning[age]().journey(), text, turning[age]().acting(sanne, at));
    expect(refusedWith(asked())).toBeUndefined();
    expect(refusedWith(asked(tuesday))).toEqual(['consent-to-renew at Consent']);
    const no = { reason: 'resident-declines', proposal: canaries.letter } as const;
    const said = (at?: string) =>
      letterOf(received(arriving[age]).move(sanne, (journey, acting) => decline(journey, no, acting), at));
    expect(said()).toContain(canaries.letter);
    expect(said(tuesday)).not.toContain(canaries.letter);
    expect(said(tuesday)).toContain('neemt deze verwijzing niet aan');
  });

  test('an organisation says nothing by its link, until the Wally said that the yes is for it too', () => {
    const played = turning[age]();
    const asked = { ...onward, consent: renewal('representative', '2026-11-23').consent };
    played.move(sanne, (journey, acting) => referOn(journey, asked, regionToo(acting)));
    const child = played.journey().children[0]?.resource.id ?? '';
    const link = { purpose: 'onward', subject: child } as const;
    const theirs = { id: 'link-1', name: '', role: 'organisation', organization: elsewhere } as const;
    const hear = () =>
      refusedWith(hearOnward(played.journey(), { task: child, outcome: 'accepted' }, played.acting(theirs, tuesday)));
    const waits = (at: string) => linkWaits(played.journey(), link, new Date(at)) !== undefined;
    expect([waits(monday), waits(tuesday)]).toEqual([false, true]);
    expect(hear()).toEqual(['consent-to-renew at Consent']);
    played.move(sanne, (journey, acting) => renewConsent(journey, renewal(decides), acting), tuesday);
    expect([waits(tuesday), hear()]).toEqual([true, ['consent-to-renew at Consent']]);
    const more = { ...renewal(decides), onward: [child] };
    const change = played.move(sanne, (journey, acting) => renewConsent(journey, more, acting), tuesday);
    expect(errorsIn(change)).toEqual([]);
    expect([waits(tuesday), hear()]).toEqual([false, undefined]);
    const { resource } = played.journey().childConsents?.[0] ?? {};
    expect(resource).toMatchObject({ status: 'active', dateTime: '2026-11-24' });
    expect(resource?.provision?.actor?.[0]?.reference.reference).toBe(`Organization/${elsewhere}`);
  });

  test('a yes is for no organisation that is not at work', () => {
    const change = renewConsent(
      turning[age]().journey(),
      { ...renewal(decides), onward: ['somewhere'] },
      turning[age]().acting(sanne, tuesday),
    );
    expect(refusedWith(change)).toEqual(['no-consent-for-organisation at onward']);
  });

  test('a letter from before the birthday that has not arrived is read by nobody at the practice until then', () => {
    const played = turning[age]();
    const interim = answerOf({ firstLine: canaries.letter, final: false, contactOn: '2026-11-23', outcomes: [] });
    played.move(sanne, (journey, acting) => report(journey, interim, acting));
    const seen = (day: string) => JSON.stringify(practiceSees(played.journey(), day).communications);
    expect(seen('2026-11-23')).toContain(canaries.letter);
    expect(seen('2026-11-24')).not.toContain(canaries.letter);
    const communication = played.journey().communications[0]?.resource.id ?? '';
    const aloud = () =>
      readAloud(played.journey(), { id: '1', communication }, { heardBy: 'Nadia' }, played.acting(marijke, tuesday));
    expect(refusedWith(aloud())).toEqual(['consent-to-renew at Consent']);
    const renewed = turning[age]();
    renewed.move(sanne, (journey, acting) => report(journey, interim, acting));
    renewed.move(sanne, (journey, acting) => renewConsent(journey, renewal(decides), acting), tuesday);
    expect(JSON.stringify(practiceSees(renewed.journey(), '2026-11-24'))).toContain(canaries.letter);
    // Work that ends first takes it back, and the closing itself goes: it holds no content.
    const change = played.move(sanne, (journey, acting) => report(journey, content, acting), tuesday);
    expect(change.deliveries).toEqual([{ to: 'abandon-all', kinds: ['feedback'], reason: 'consent-to-renew' }]);
    expect(seen('2026-12-24')).not.toContain(canaries.letter);
    const last = played.journey().communications.at(-1)?.resource;
    expect(last && letterWaits(played.journey(), last, '2026-12-24')).toBe(false);
  });

  test('of work that ended before the birthday the letter still goes: nobody is left to ask', () => {
    const played = turning[age]();
    played.move(sanne, (journey, acting) => report(journey, content, acting));
    const [letter] = played.journey().communications;
    expect(letter && letterWaits(played.journey(), letter.resource, '2026-11-24')).toBe(false);
  });

  test('who decides now says yes: a new version of the same consent, and content may go back again', () => {
    const played = turning[age]();
    const { resource: former, version } = played.journey().consent;
    const change = played.move(sanne, (journey, acting) => renewConsent(journey, renewal(decides), acting), tuesday);
    expect(errorsIn(change)).toEqual([]);
    const [consent] = written(change, 'Consent');
    expect(consent).toMatchObject({ id: former.id, status: 'active', dateTime: '2026-11-24' });
    expect(consent?.provision).toEqual(former.provision);
    expect(consent?.performer).toContainEqual(former.patient);
    expect(played.journey().consent.version).toBe(version + 1);
    expect(auditsIn(change)).toEqual(['consent-renewed U wally-sanne ok']);
    expect(sentIn(change)).toEqual([]);
    const sent = played.move(sanne, (journey, acting) => report(journey, content, acting), tuesday);
    expect(letterOf(sent)).toContain(canaries.letter);
  });

  test('not of whom may not, not of a day to come, not of a day before the birthday', () => {
    const played = turning[age]();
    const tried = (...given: Parameters<typeof renewal>) =>
      refusedWith(renewConsent(played.journey(), renewal(...given), played.acting(sanne, tuesday)));
    expect(tried('parents')).toEqual(['consent-by-wrong-person at consent.by']);
    expect(tried(decides, '2026-11-25')).toEqual(['consent-in-future at consent.on']);
    expect(tried(decides, '2026-11-23')).toEqual(['consent-before-birthday at consent.on']);
  });
});

test('H6: the team lead records it too; a colleague and the practice do not; a system names the place', () => {
  const played = turning[16]();
  const tried = (who: typeof sanne) =>
    refusedWith(renewConsent(played.journey(), renewal('resident'), played.acting(who, tuesday)));
  expect(tried(marijke)).toBeUndefined();
  for (const who of [karim, gp]) expect(tried(who)).toEqual(['not-yours at Task.owner']);
  const places = { consent: "Parameters.parameter.where(name='consent')" };
  const asked = { move: 'renew-consent' as const, parts: renewal('parents'), places };
  expect(refusedWith(decideAsked(asked, played.journey(), played.acting(sanne, tuesday)))).toEqual([
    "consent-by-wrong-person at Parameters.parameter.where(name='consent').by",
  ]);
});

test('H6: what the Wally says when she stops on request stays here too, until the consent was asked anew', () => {
  const played = turning[16]();
  played.move(sanne, (journey, acting) => contactMade(journey, '2026-11-23T08:30:00.000Z', acting));
  played.move(gp, (journey, acting) => askToStop(journey, 'Het hoeft niet meer.', acting));
  const change = played.move(sanne, (journey, acting) => agreeToStop(journey, canaries.letter, acting), tuesday);
  expect(letterOf(change)).not.toContain(canaries.letter);
});

test.each([
  ['2014-11-24', 'parents', 'resident-and-parents', ['one-parent']],
  ['2010-11-24', 'resident-and-parents', 'resident', []],
] as const)('H6: born %s, custody stays on the consent until the resident decides alone', (born, by, now, kept) => {
  const child = young(born, by);
  const played = accepted({ ...child, ...(child.consent && { consent: { ...child.consent, custody: 'one-parent' } }) });
  const custodyIn = ({ extension = [] }: Consent) =>
    extension.flatMap((one) => (one.url === extensions.custody ? one.valueCode : []));
  expect(custodyIn(played.journey().consent.resource)).toEqual(['one-parent']);
  played.move(sanne, (journey, acting) => renewConsent(journey, renewal(now), acting), tuesday);
  expect(custodyIn(played.journey().consent.resource)).toEqual(kept);
});

test('H7: a mentor who was appointed meanwhile is recorded as the one who consents, without a birthday', () => {
  const played = accepted();
  const change = played.move(
    sanne,
    (journey, acting) => renewConsent(journey, renewal('representative'), acting),
    tuesday,
  );
  expect(written(change, 'Consent')).toMatchObject([{ performer: [{ display: 'representative' }] }]);
});
