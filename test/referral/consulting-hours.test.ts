import { expect, test } from 'vitest';
import type { Assignment } from '../../src/referral/assignment.ts';
import { freeSlots, takeSlot } from '../../src/referral/directory/consulting-hours.ts';
import type { Directory, Practice, Role } from '../../src/referral/directory/directory.ts';
import { consultingHoursOf } from '../../src/referral/directory/practice-service.ts';

const sanne: Role = { id: 'wally-sanne', kind: 'wally', name: 'Sanne', organization: 'team', absences: [] };
const now = new Date('2026-12-14T09:00:00Z');
const hours = consultingHoursOf({
  resourceType: 'HealthcareService',
  availableTime: [
    { daysOfWeek: ['tue'], availableStartTime: '09:30:00', availableEndTime: '10:40:00' },
    { daysOfWeek: ['fri'], availableStartTime: '13:00:00', availableEndTime: '13:30:00' },
    { availableStartTime: '08:00:00', availableEndTime: '18:00:00' },
    { daysOfWeek: ['wed'], allDay: true },
  ],
});

function directoryWith(service: Partial<Practice['service']> = {}): Directory {
  const of = { id: 'service', name: 'Wally', team: 'team', wally: 'wally-sanne', hours, ...service };
  const practice: Practice = { id: 'de-brink', name: 'De Brink', channels: [], peers: [], service: of };
  return { revision: 1, practices: new Map([['de-brink', practice]]), roles: new Map(), teams: new Map() };
}
const assigned = (owner: Role = sanne): Assignment => ({
  owner,
  team: 'team',
  service: 'service',
  route: 'fixed-wally',
  why: { nl: '', en: '' },
});
const free = (directory = directoryWith(), assignment = assigned(), booked: { start: string; end: string }[] = []) =>
  freeSlots(directory, 'de-brink', assignment, booked, now);

test('whole half hours of two weeks from tomorrow, in Dutch time; no day off, nothing that does not fit', () => {
  // 25 December is a Friday; 28 December, day 14, a Monday.
  expect(free()).toEqual([
    '2026-12-15T08:30:00.000Z',
    '2026-12-15T09:00:00.000Z',
    '2026-12-18T12:00:00.000Z',
    '2026-12-22T08:30:00.000Z',
    '2026-12-22T09:00:00.000Z',
  ]);
});

test('none while she is away or the route is closed, and none that touches what is booked', () => {
  const away = { ...sanne, absences: [{ from: '2026-12-18', to: '2026-12-22' }] };
  expect(free(directoryWith(), assigned(away))).toEqual(['2026-12-15T08:30:00.000Z', '2026-12-15T09:00:00.000Z']);
  expect(free(directoryWith({ closures: [{ why: '', from: '2026-12-15' }] }))).toEqual([]);
  const booked = [
    { start: '2026-12-15T08:45:00.000Z', end: '2026-12-15T09:00:00.000Z' },
    { start: '2026-12-22T08:00:00.000Z', end: '2026-12-22T09:30:00.000Z' },
  ];
  expect(free(directoryWith(), assigned(), booked)).toEqual(['2026-12-15T09:00:00.000Z', '2026-12-18T12:00:00.000Z']);
});

test('hers alone: not for a substitute, nor for whom a rule names', () => {
  expect(free(directoryWith(), assigned({ ...sanne, id: 'wally-karim' }))).toEqual([]);
});

test('takings are counted per Wally and day, and what is not offered cannot be taken', () => {
  const take = (start: string, taken = 0) =>
    takeSlot(directoryWith(), 'de-brink', assigned(), start, { booked: [], taken }, now);
  const taking = { role: 'wally-sanne', day: '2026-12-15', nth: 1 };
  expect(take('2026-12-15T08:30:00.000Z')).toEqual({
    start: '2026-12-15T08:30:00.000Z',
    end: '2026-12-15T09:00:00.000Z',
    taking,
  });
  expect(take('2026-12-15T09:00:00.000Z')?.taking).toEqual(taking);
  expect(take('2026-12-15T09:00:00.000Z', 1)?.taking).toEqual({ ...taking, nth: 2 });
  expect([take('2026-12-15T08:40:00.000Z'), take('tomorrow')]).toEqual([undefined, undefined]);
});
