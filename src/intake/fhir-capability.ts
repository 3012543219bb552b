import type { CapabilityStatement, CapabilityStatementRestResource, Resource } from '@medplum/fhirtypes';
import { parametersOf } from '../fhir/search-parameters.ts';
import { interactions, typeOperations } from './fhir-table.ts';

const definition = (name: string) => `http://hl7.org/fhir/OperationDefinition/${name}`;

/** What `_include` may name for a type: its references. */
const includesOf = (type: string) =>
  [...(parametersOf(type)?.values() ?? [])]
    .filter((one) => one.kind === 'reference')
    .map((one) => `${type}:${one.code}`);

/** References of others that may lead here. */
const revincludesOf = (type: string) =>
  Object.keys(interactions).flatMap((from) =>
    [...(parametersOf(from)?.values() ?? [])]
      .filter((one) => one.kind === 'reference' && one.targets.includes(type))
      .map((one) => `${from}:${one.code}`),
  );

function resourceOf(type: string): CapabilityStatementRestResource {
  const codes = interactions[type] ?? [];
  const canSearch = codes.includes('search-type');
  const [includes, revincludes] = canSearch ? [includesOf(type), revincludesOf(type)] : [[], []];
  const parameters = canSearch
    ? [
        { name: '_id', type: 'token' as const },
        { name: '_lastUpdated', type: 'date' as const },
        ...[...(parametersOf(type)?.values() ?? [])].map((one) => ({
          name: one.code,
          type: one.kind,
          ...(one.identifying && { documentation: 'Says who someone is: by POST _search only, never in an address.' }),
        })),
      ]
    : [];
  return {
    type: type as Resource['resourceType'],
    interaction: codes.map((code) => ({ code })),
    versioning: codes.includes('update') ? 'versioned-update' : 'versioned',
    readHistory: codes.includes('vread'),
    conditionalRead: 'full-support',
    ...(codes.includes('update') && { updateCreate: false }),
    ...(codes.includes('create') && { conditionalCreate: true, conditionalUpdate: true }),
    ...(includes.length > 0 && { searchInclude: includes }),
    ...(revincludes.length > 0 && { searchRevInclude: revincludes }),
    ...(parameters.length > 0 && { searchParam: parameters }),
    operation: typeOperations.map((name) => ({ name, definition: definition(`Resource-${name}`) })),
  };
}

/** What this door can do, for `GET metadata`: made of the table that routes it. */
export function capability({ publicUrl }: { readonly publicUrl: string }): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-22',
    kind: 'instance',
    software: { name: 'Kortelijn' },
    implementation: {
      description: 'Referrals from GP care to the social domain, and their feedback',
      url: `${publicUrl}/fhir/R4`,
    },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        mode: 'server',
        documentation:
          'Dates without a zone are UTC. A name is found by all of it or by a whole part; who someone is, is asked by POST _search only.',
        security: { cors: false, description: 'A bearer credential; each caller sees what its party may see.' },
        resource: Object.keys(interactions).map(resourceOf),
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
        searchParam: ['_sort', '_count', '_total', '_elements', '_summary', '_include', '_revinclude', '_has'].map(
          (name) => ({
            name,
            type: 'special' as const,
          }),
        ),
        operation: [{ name: 'process-message', definition: definition('MessageHeader-process-message') }],
      },
    ],
  };
}
