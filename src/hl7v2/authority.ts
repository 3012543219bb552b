import { identifiers } from '../fhir/systems.ts';

/** Who gave out an identifier, as HL7 v2 says it: a name, or a universal id with its type (HD; components 2–4 of EI). */
export interface Authority {
  readonly namespace: string;
  readonly universalId?: string;
  readonly universalIdType?: string;
}

/** The identifier system of an authority: an OID or URI where it has one, else its name under our own. Empty for nobody. */
export function toSystem({ namespace, universalId = '', universalIdType = '' }: Authority): string {
  if (universalId && universalIdType.toUpperCase() === 'ISO') return `urn:oid:${universalId}`;
  if (/^(urn:|https?:)/.test(universalId)) return universalId;
  return namespace ? `${identifiers.hl7v2Authority}${encodeURIComponent(namespace)}` : '';
}

/** The authority behind a system; the reverse of `toSystem`. What came in by another door is named by its URI. */
export function fromSystem(system: string): Authority {
  if (system.startsWith(identifiers.hl7v2Authority))
    return { namespace: decodeURIComponent(system.slice(identifiers.hl7v2Authority.length)) };
  if (system.startsWith('urn:oid:'))
    return { namespace: '', universalId: system.slice('urn:oid:'.length), universalIdType: 'ISO' };
  return { namespace: '', ...(system && { universalId: system, universalIdType: 'URI' }) };
}
