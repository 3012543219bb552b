import type { Endpoint, Organization, PractitionerRole } from '@medplum/fhirtypes';
import { extensions } from '../../fhir/systems.ts';

/** The own FHIR server of who receives referrals, where each of theirs is kept up to date. */
export interface CaseSystem {
  /** Of its Endpoint. */
  readonly id: string;
  /** Base of its FHIR R4 server. */
  readonly address: string;
}

/** The case system of an organisation or a Wally, from the first active Endpoint that says it is one. */
export function caseSystemOf(
  of: Organization | PractitionerRole,
  endpoints: ReadonlyMap<string, Endpoint>,
): { readonly caseSystem?: CaseSystem } {
  const [found] = (of.endpoint ?? []).flatMap(({ reference }) => {
    const one = endpoints.get(reference?.split('/')[1] ?? '');
    const isOne = one?.extension?.some((each) => each.url === extensions.caseSystem && each.valueBoolean === true);
    return one && isOne && one.status === 'active' && one.address ? [{ id: one.id ?? '', address: one.address }] : [];
  });
  return found ? { caseSystem: found } : {};
}
