import type { CapabilityStatement, CapabilityStatementRestResource, Resource } from '@medplum/fhirtypes';
import { parametersOf } from '../../fhir/search-parameters.ts';
import { operations } from '../../fhir/systems.ts';
import { servedTypes, supportedProfiles } from '../../profiles/stored.ts';
import { definitionSearches } from '../definitions.ts';
import { securityOf } from '../launch/smart.ts';
import {
  conditionalCreates,
  conditionalUpdate,
  interactions,
  isDirectoryType,
  subscriptionOperations,
  typeOperations,
} from './table.ts';
import { writesMax } from './together.ts';

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
    ...(codes.includes('update') && { updateCreate: isDirectoryType(type) }),
    ...(conditionalCreates.includes(type) && { conditionalCreate: true }),
    ...(conditionalUpdate(type) && { conditionalUpdate: true }),
    ...(supportedProfiles[type] && { supportedProfile: [...supportedProfiles[type]] }),
    ...(includes.length > 0 && { searchInclude: includes }),
    ...(revincludes.length > 0 && { searchRevInclude: revincludes }),
    ...(parameters.length > 0 && { searchParam: parameters }),
    operation: [
      ...typeOperations.map((name) => ({ name, definition: definition(`Resource-${name}`) })),
      ...(type === 'Task' ? [{ name: 'move', definition: operations.move }] : []),
      ...(type === 'Subscription'
        ? subscriptionOperations.map((name) => ({ name, definition: `${operations.ofSubscription}${name}` }))
        : []),
    ],
  };
}

/** Definitions of our own, for everyone to read. */
function definitionsOf(type: (typeof servedTypes)[number]): CapabilityStatementRestResource {
  return {
    type,
    interaction: [{ code: 'read' }, { code: 'search-type' }],
    searchParam: definitionSearches.map((one) => ({ ...one })),
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
        security: securityOf(publicUrl),
        resource: [...Object.keys(interactions).map(resourceOf), ...servedTypes.map(definitionsOf)],
        interaction: [
          {
            code: 'transaction',
            documentation: `One referral; or up to ${writesMax} moves of as many referrals, all or none, with looks beside them.`,
          },
          { code: 'batch', documentation: 'Each entry by itself. A JSON Patch travels as a Binary.' },
        ],
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
