import type { Organization } from '@medplum/fhirtypes';
import { codeSystems, extensions } from '../../fhir/systems.ts';

/** On what legal basis an organisation receives referrals, and what that lets it have. */
export interface DataContract {
  readonly basis: 'consent' | 'youth-care';
  /** The BSN, where a law prescribes its use: of residents under 18, by who gives youth care (Jeugdwet 7.2.1). */
  readonly bsn: 'none' | 'allowed';
}

/** What the directory has on it; undefined when nothing was agreed. A basis that we do not know gives no right to anything. */
export function contractOf(organization: Organization): DataContract | undefined {
  const parts = organization.extension?.find((one) => one.url === extensions.dataContract)?.extension;
  if (!parts) return undefined;
  const basis = parts.find((one) => one.url === 'basis')?.valueCoding;
  const isYouthCare = basis?.system === codeSystems.legalBasis && basis.code === 'youth-care';
  const bsn = parts.find((one) => one.url === 'bsn')?.valueCode;
  return {
    basis: isYouthCare ? 'youth-care' : 'consent',
    bsn: isYouthCare && bsn === 'allowed' ? 'allowed' : 'none',
  };
}
