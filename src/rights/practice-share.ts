import type { Resource } from '@medplum/fhirtypes';

const ofPractice = new Set([
  'Patient',
  'ServiceRequest',
  'Consent',
  'Task',
  'Communication',
  'DocumentReference',
  'Binary',
  'Provenance',
]);

/**
 * What a practice itself may read of a journey's resources: not where the Wally led the resident on to, with which consent
 * (H9), nor the Wally's appointments. Those belong to the Wally's own answer to the same person. Pure.
 */
export function practiceShare(resources: readonly Resource[]): Resource[] {
  const named = new Set(
    resources.flatMap((one) =>
      one.resourceType === 'ServiceRequest' && one.intent !== 'filler-order'
        ? (one.supportingInfo ?? []).map(({ reference }) => reference)
        : [],
    ),
  );
  const isOwn = (one: Resource): boolean => {
    if (one.resourceType === 'ServiceRequest') return one.intent !== 'filler-order';
    if (one.resourceType === 'Consent') return named.has(`Consent/${one.id}`);
    if (one.resourceType === 'Task') return (one.partOf ?? []).length === 0;
    return ofPractice.has(one.resourceType);
  };
  const kept = resources.filter(isOwn);
  const there = new Set(kept.map((one) => `${one.resourceType}/${one.id}`));
  const isAbout = (reference = '') => there.has(reference.replace(/\/_history\/.*$/, ''));
  return kept.filter(
    (one) => one.resourceType !== 'Provenance' || (one.target ?? []).some(({ reference }) => isAbout(reference)),
  );
}
