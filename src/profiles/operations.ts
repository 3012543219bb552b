import type { OperationDefinition, OperationDefinitionParameter } from '@medplum/fhirtypes';
import { operations } from '../fhir/systems.ts';
import { asPublished, type Published } from './published.ts';

const input = (
  name: string,
  type: string,
  documentation: string,
  more: Partial<OperationDefinitionParameter> = {},
): OperationDefinitionParameter =>
  ({ name, use: 'in', min: 0, max: '1', type, documentation, ...more }) as OperationDefinitionParameter;

/** The operations of our own, as FHIR. */
export const operationDefinitions: readonly Published<OperationDefinition>[] = [
  {
    resourceType: 'OperationDefinition',
    ...asPublished(
      operations.move,
      'Move',
      'One step of the life of a Task by its name, decided by the table that the pages go by. ' +
        'If-Match names the version that its sender read. ' +
        'What a step needs beside `move` stands in /docs under the steps, each part as a parameter of its own.',
    ),
    kind: 'operation',
    affectsState: true,
    code: 'move',
    resource: ['Task'],
    system: false,
    type: false,
    instance: true,
    parameter: [
      input('move', 'code', 'The name of the step in the table.', { min: 1 }),
      input('by', 'Reference', 'PractitionerRole of the person who did it; left out by a practice.', {
        targetProfile: ['http://hl7.org/fhir/StructureDefinition/PractitionerRole'],
      }),
      input('deviating', 'string', "Why a team lead does it in the owner's place."),
      input('to', 'string', 'Whom it is offered or assigned to (PractitionerRole), or who has the lead.'),
      input('reason', 'string', 'Why, for the steps that ask it.'),
      input('text', 'string', 'The words of an answer, a message or what was heard.'),
      { name: 'return', use: 'out', min: 1, max: '1', type: 'Task', documentation: 'The Task as it is now.' },
    ],
  },
];
