import type { HealthcareService } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reassignByPresence } from '../../src/feedback/reassign.ts';
import { tooClose } from '../../src/feedback/too-close.ts';
import { codeSystems } from '../../src/fhir/systems.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import type { Actor } from '../../src/referral/actor.ts';
import { type About, assign } from '../../src/referral/assignment.ts';
import { type Absence, type Directory, readDirectory } from '../../src/referral/directory/directory.ts';
import {
  type AssignmentRule,
  cooperationOf,
  levelsOf,
  rulesOf,
  withAgreed,
} from '../../src/referral/directory/practice-service.ts';
import { lifeAreaCodes } from '../../src/referral/life-area.ts';
import { referralOf } from '../doubles/made.ts';
import { monday, type Played, received, theLine } from '../feedback/journeys.ts';
import { regionWith } from './region.ts';

const none = { refused: [] };
const joost: Actor = { id: 'wally-joost', name: 'Joost ter Braak', role: 'wally', organization: 'voorbeeldstreek' };
const day = '2026-11-23';
const under18: AssignmentRule = { under: 18, to: 'wally-joost' };
const lonely: AssignmentRule = { lifeArea: 'loneliness', to: 'wally-karim' };

/** The region in which de Brink asked for these rules. */
function withRules(rules: readonly AssignmentRule[], absences: Record<string, readonly Absence[]> = {}): Directory {
  const region = regionWith(absences);
  const practice = region.practices.get('de-brink');
  if (!practice?.service) throw new Error('no service');
  const practices = new Map(region.practices).set('de-brink', { ...practice, service: { ...practice.service, rules } });
  return { ...region, practices };
}
const who = (directory: Directory, about: About, agb?: string) => assign(directory, 'de-brink', agb, day, [], about);
const child: About = { birthDate: '2012-03-01', lifeAreas: ['loneliness'] };
const adult: About = { birthDate: '1951-04-12', lifeAreas: ['loneliness'] };

describe('rules of a practice: data, the first that fits, explained', () => {
  test('off unless the practice asks for it', () => {
    expect(who(regionWith(), child)).toMatchObject({ owner: { id: 'wally-sanne' } });
    expect(who(regionWith(), child)?.rule).toBeUndefined();
  });

  test('H6: a POH-jeugd of the practice itself may be named, and the team lead of the practice’s own team looks after it', () => {
    const child17 = withRules([{ under: 18, to: 'poh-jeugd' }]);
    const role = readDirectory(
      [
        {
          resourceType: 'PractitionerRole',
          id: 'poh-jeugd',
          organization: { reference: 'Organization/de-brink' },
          code: [{ coding: [{ system: codeSystems.role, code: 'poh-jeugd' }] }],
        },
      ],
      1,
    ).roles.get('poh-jeugd');
    if (!role) throw new Error('no role');
    const directory = { ...child17, roles: new Map(child17.roles).set('poh-jeugd', role) };
    expect(who(directory, child)).toMatchObject({ owner: { id: 'poh-jeugd' }, team: 'voorbeeldstreek' });
    expect(who(directory, adult)).toMatchObject({ owner: { id: 'wally-sanne' } });
  });

  test('H6: under 18 goes to whom the practice named, and why stands in the Task', () => {
    const found = who(withRules([under18]), child);
    expect(found).toMatchObject({
      owner: { id: 'wally-joost' },
      route: 'fixed-wally',
      rule: 'wally-joost',
      why: { nl: 'Afspraak met de praktijk: jonger dan 18 jaar' },
    });
    expect(who(withRules([under18]), adult)).toMatchObject({ owner: { id: 'wally-sanne' } });
  });

  test.each([
    ['the day before the birthday', '2008-11-24', 'wally-joost'],
    ['on the birthday', '2008-11-23', 'wally-sanne'],
  ])('H6: %s', (_, birthDate, owner) => {
    expect(who(withRules([under18]), { birthDate, lifeAreas: [] })?.owner?.id).toBe(owner);
  });

  test('a life area straight to someone; the first rule that fits counts, before the GP’s own Wally', () => {
    expect(who(withRules([under18, lonely]), child)?.owner?.id).toBe('wally-joost');
    expect(who(withRules([lonely, under18]), child)?.owner?.id).toBe('wally-karim');
    expect(who(withRules([lonely]), adult, '01990112')?.owner?.id).toBe('wally-karim');
    expect(who(withRules([lonely]), { birthDate: '1951-04-12', lifeAreas: ['debts'] })?.owner?.id).toBe('wally-sanne');
  });

  test('both conditions count where both stand there', () => {
    const both = withRules([{ under: 18, lifeArea: 'debts', to: 'wally-joost' }]);
    expect(who(both, child)?.owner?.id).toBe('wally-sanne');
    expect(who(both, { birthDate: '2012-03-01', lifeAreas: ['debts'] })?.owner?.id).toBe('wally-joost');
  });

  test('absent: the substitute of the one named, and both reasons are said', () => {
    const found = who(withRules([under18], { 'wally-joost': [{ from: day }] }), child);
    expect(found).toMatchObject({ owner: { id: 'wally-karim' }, route: 'substitute', rule: 'wally-joost' });
    expect(found?.why.nl).toBe(
      'Afspraak met de praktijk: jonger dan 18 jaar. De vaste vervanger: de vaste Wally is afwezig',
    );
  });

  test.each(['wally-nobody', 'lead-marijke', 'gp-vanleeuwen'])('a rule that names %s catches nothing', (to) => {
    expect(who(withRules([{ under: 18, to }]), child)?.owner?.id).toBe('wally-sanne');
  });

  test('without content whom the rule chose is found again, as long as the rule is there', () => {
    expect(who(withRules([lonely, under18]), { rule: 'wally-joost' })?.owner?.id).toBe('wally-joost');
    expect(who(withRules([lonely]), { rule: 'wally-joost' })?.owner?.id).toBe('wally-sanne');
    expect(who(withRules([under18]), { rule: null })?.owner?.id).toBe('wally-sanne');
  });
});

describe('a referral that a rule sent', () => {
  /** In memory, by the real deciders; the directory with a rule is there from the start. */
  const played = (birthDate: string, rules: readonly AssignmentRule[] = [under18]) => {
    const patient = { ...referralOf('1').patient, birthDate };
    const by = birthDate > '2014-11-23' ? ('parents' as const) : ('resident-and-parents' as const);
    const consent = { ...referralOf('1').consent, by };
    return received({ patient, consent, lifeAreas: [] }, { directory: withRules(rules) });
  };
  const look = (one: Played, directory: Directory, at = monday) =>
    reassignByPresence(one.journey(), { ...one.acting(theLine, at), directory });

  test('is kept with the one whom the rule named, also when the line looks again', () => {
    const one = played('2012-03-01');
    expect(one.journey().index).toMatchObject({ owner: 'wally-joost', rule: 'wally-joost', fixed: 'wally-joost' });
    expect(one.journey().task.resource.reasonCode?.text).toBe('Afspraak met de praktijk: jonger dan 18 jaar');
    expect(look(one, withRules([under18]))).toBeUndefined();
  });

  test('moves to that one’s substitute and back', () => {
    const one = played('2012-03-01');
    const away = withRules([under18], { 'wally-joost': [{ from: day }] });
    one.move(theLine, (journey, acting) => reassignByPresence(journey, { ...acting, directory: away }) ?? none);
    expect(one.journey().index).toMatchObject({ owner: 'wally-karim', rule: 'wally-joost', route: 'substitute' });
    one.move(
      theLine,
      (journey, acting) => reassignByPresence(journey, { ...acting, directory: withRules([under18]) }) ?? none,
    );
    expect(one.journey().index).toMatchObject({ owner: 'wally-joost', route: 'fixed-wally' });
  });

  test('H6: a birthday underway ends the rule the next time it has to move', () => {
    const one = played('2008-12-01');
    expect(one.journey().index.owner).toBe('wally-joost');
    const away = withRules([under18], { 'wally-joost': [{ from: '2026-12-01' }] });
    const after = look(one, away, '2026-12-02T09:00:00.000Z');
    expect(after).toMatchObject({ index: { owner: 'wally-sanne', rule: null, route: 'fixed-wally' } });
  });

  test('H9: never to another organisation by itself: the consent is not for that one', () => {
    const region = withRules([under18]);
    const joost = region.roles.get('wally-joost');
    if (!joost) throw new Error('no such role');
    const elsewhere = (directory: Directory, absences: readonly Absence[] = []): Directory => ({
      ...directory,
      roles: new Map(directory.roles).set('wally-joost', {
        id: joost.id,
        kind: joost.kind,
        name: joost.name,
        organization: 'jeugdteam',
        absences,
      }),
    });
    const patient = { ...referralOf('1').patient, birthDate: '2008-12-01' };
    const consent = { ...referralOf('1').consent, by: 'resident' as const };
    const one = received({ patient, consent, lifeAreas: [] }, { directory: elsewhere(region) });
    expect(one.journey().index).toMatchObject({ team: 'jeugdteam', owner: 'wally-joost' });
    // Grown up meanwhile, or the rule taken away: the youth team keeps it until its lead decides.
    for (const rules of [[under18], []]) {
      const away = elsewhere(withRules(rules), [{ from: '2026-12-01' }]);
      expect(look(one, away, '2026-12-02T09:00:00.000Z')).toMatchObject({
        index: { owner: null, team: 'jeugdteam', route: 'team-queue' },
      });
    }
  });

  test('H11: too close: the rule is kept, the one who knows the resident is passed over', () => {
    const one = played('2012-03-01');
    one.move(joost, (journey, acting) => tooClose(journey, { ...acting, directory: withRules([under18]) }));
    expect(one.journey().index).toMatchObject({ owner: 'wally-karim', barred: ['wally-joost'], rule: 'wally-joost' });
  });
});

describe('as FHIR, on the HealthcareService', () => {
  const service: HealthcareService & { id: string } = {
    resourceType: 'HealthcareService',
    id: 'wally-of-x',
    extension: [{ url: 'https://elsewhere.example/other', valueString: 'stays' }],
  };
  const rule = fc.record(
    {
      under: fc.integer({ min: 1, max: 120 }),
      lifeArea: fc.constantFrom(...lifeAreaCodes),
      to: fc.constantFrom('wally-sanne', 'wally-joost'),
    },
    { requiredKeys: ['to'] },
  ) as fc.Arbitrary<AssignmentRule>;

  test('what is written is read again, in its order, valid, and other parts stay', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), fc.integer({ min: 1, max: 60 }), (rules, contact) => {
        const cooperation = {
          goal: 'Eerder helpen',
          mayShare: 'Reden en nummer',
          agreedOn: '2026-01-12',
          evaluateOn: '2027-01-12',
        };
        const made = withAgreed(service, { rules, levels: { contact }, cooperation });
        const meant = rules.filter((one) => one.under !== undefined || one.lifeArea !== undefined);
        expect(rulesOf(made)).toEqual(meant);
        expect(levelsOf(made)).toEqual({ contact });
        expect(cooperationOf(made)).toEqual(cooperation);
        expect(made.extension).toContainEqual(service.extension?.[0]);
        expect(validateBaseR4(made).filter((one) => one.severity === 'error')).toEqual([]);
        expect(withAgreed(made, { rules: [], levels: {}, cooperation: {} })).toEqual(service);
      }),
    );
  });

  test('a rule that says something we do not know catches nobody', () => {
    const made = withAgreed(service, { rules: [lonely, under18], levels: {}, cooperation: {} });
    const text = JSON.stringify(made).replace('loneliness', 'a-later-life-area');
    expect(rulesOf(JSON.parse(text) as HealthcareService)).toEqual([under18]);
  });
});
