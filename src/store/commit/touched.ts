import type { Change } from '../../referral/change.ts';

/** Keys that two changes of one statement may not share: the later one waits for the next batch. */
export function touched(change: Change): string[] {
  const keys = (change.resources ?? []).map(({ resource }) => `${resource.resourceType}/${resource.id}`);
  if (change.arrival) {
    const { application, controlId, messageType } = change.arrival;
    keys.push(`in ${change.scope.practice} ${application} ${controlId} ${messageType}`);
  }
  for (const { value } of change.numbers ?? []) keys.push(`pr ${change.scope.practice} ${value}`);
  if (change.keeping) keys.push(`keep ${change.journey}`);
  for (const id of change.joined ?? []) keys.push(`early ${id}`);
  if (change.question) keys.push(`q ${change.question.id}`);
  if (change.talk)
    keys.push(change.talk.to === 'written' ? `talk ${change.talk.talk.id}` : `remind ${change.scope.practice}`);
  if (change.followed) keys.push(`followed ${change.scope.practice}`);
  for (const move of change.links ?? []) keys.push(`link ${'subject' in move ? move.subject : move.id}`);
  if (change.client) keys.push(`cl ${change.client.to === 'revoked' ? change.client.id : change.client.client.id}`);
  for (const move of change.deliveries ?? []) keys.push('id' in move ? `d ${move.id}` : `dj ${change.journey}`);
  for (const move of change.queue ?? [])
    keys.push(`queue ${move.to === 'item-done' ? `${move.job} ${move.delivery}` : move.to}`);
  if (change.regionAlarm)
    keys.push(`ra ${change.regionAlarm.to === 'digest' ? 'digest' : change.regionAlarm.alarm.id}`);
  if (change.slot) keys.push(`slot ${change.slot.role} ${change.slot.day}`);
  if (change.subscription) keys.push(`sub ${change.subscription.id}`);
  if (change.caseCopy) keys.push(`copy ${change.caseCopy.destination} ${change.journey}`);
  for (const alarm of change.alarms ?? []) keys.push(`al ${alarm.kind} ${change.journey} ${alarm.team}`);
  return keys;
}

/** Places of the changes that touch what an earlier one of them touches: those cannot be committed together. */
export function touchedTwice(changes: readonly Change[]): number[] {
  const seen = new Set<string>();
  return changes.flatMap((change, nth) => {
    const keys = touched(change);
    const isTwice = keys.some((key) => seen.has(key));
    for (const key of keys) seen.add(key);
    return isTwice ? [nth] : [];
  });
}
