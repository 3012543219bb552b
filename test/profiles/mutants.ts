import type { Resource } from '@medplum/fhirtypes';
import { codeSystems, extensions, identifiers, type profiles } from '../../src/fhir/systems.ts';
import { guide } from '../../src/profiles/stored.ts';

type Type = keyof typeof profiles;

/** A copy of an example with something in it changed. */
export const mutant = (type: Type, change: (copy: never) => void): Resource => {
  const copy = structuredClone(guide().examples[type]) as never;
  change(copy);
  return copy;
};

// biome-ignore lint/suspicious/noExplicitAny: a mutant is whatever it was made into
type Any = any;
/** What may not be, one change of a good example each, and the rule that says so. */
export const mutants: readonly (readonly [what: string, type: Type, change: (copy: Any) => void, rule: string])[] = [
  [
    'a referral without a reason in words',
    'ServiceRequest',
    (one) => {
      delete one.reasonCode[0].text;
      one.reasonCode[0].coding = [{ code: 'Z04' }];
    },
    'kl-sr-1',
  ],
  [
    'a referral that names no consent',
    'ServiceRequest',
    (one) => {
      one.supportingInfo[0].reference = 'DocumentReference/1';
    },
    'kl-sr-2',
  ],
  [
    'a referral without the number that people read aloud',
    'ServiceRequest',
    (one) => {
      one.identifier.pop();
    },
    'kl-sr-3',
  ],
  [
    'an onward request that is based on nothing',
    'ServiceRequest',
    (one) => {
      one.intent = 'filler-order';
    },
    'kl-sr-4',
  ],
  [
    'a revoked referral without a reason',
    'ServiceRequest',
    (one) => {
      one.status = 'revoked';
    },
    'kl-sr-5',
  ],
  [
    'a referral of another journey system',
    'ServiceRequest',
    (one) => {
      one.requisition.system = 'urn:x';
    },
    'did not match expected pattern',
  ],
  [
    'two questions of the resident',
    'ServiceRequest',
    (one) => {
      one.extension.push(one.extension[0]);
    },
    'extension-residentQuestion',
  ],
  [
    'a question of the resident that is a number',
    'ServiceRequest',
    (one) => {
      one.extension[0] = { url: extensions.residentQuestion, valueInteger: 1 };
    },
    'value-type',
  ],
  [
    'safe contact that does not say whether it is safe',
    'ServiceRequest',
    (one) => {
      one.extension.push({ url: extensions.safeContact, extension: [{ url: 'phone', valueString: '06' }] });
    },
    'part-unsafe',
  ],
  [
    'safe contact with a part that nobody knows',
    'ServiceRequest',
    (one) => {
      one.extension.push({
        url: extensions.safeContact,
        extension: [
          { url: 'unsafe', valueBoolean: true },
          { url: 'alibi', valueString: 'x' },
        ],
      });
    },
    'unknown-part',
  ],
  [
    'a Task in a state that we do not have',
    'Task',
    (one) => {
      one.businessStatus.coding[0].code = 'waitlisted';
    },
    'code-not-allowed',
  ],
  [
    'a Task whose state is of another system',
    'Task',
    (one) => {
      one.businessStatus.coding[0].system = 'urn:x';
    },
    'code-not-allowed',
  ],
  [
    'work without a term',
    'Task',
    (one) => {
      delete one.restriction.period.end;
    },
    'kl-task-2',
  ],
  [
    'work that ended without a reason',
    'Task',
    (one) => {
      one.status = 'cancelled';
    },
    'kl-task-3',
  ],
  [
    'work that closed without feedback (promise 3)',
    'Task',
    (one) => {
      one.status = 'completed';
    },
    'kl-task-4',
  ],
  [
    'work without a state',
    'Task',
    (one) => {
      delete one.businessStatus;
    },
    'kl-task-5',
  ],
  [
    'a Task that is neither work nor a request to stop',
    'Task',
    (one) => {
      one.code.coding[0].code = 'approve';
    },
    'kl-task-1',
  ],
  [
    'an output that we do not know',
    'Task',
    (one) => {
      one.output = [{ type: { coding: [{ system: codeSystems.taskOutput, code: 'report' }] }, valueString: 'x' }];
    },
    'code-not-allowed',
  ],
  [
    'H4: completed without proof of receipt',
    'Communication',
    (one) => {
      one.status = 'completed';
    },
    'kl-com-1',
  ],
  [
    'a message that the practice cannot file',
    'Communication',
    (one) => {
      delete one.basedOn;
    },
    'kl-com-2',
  ],
  [
    'H3: a message with the BSN in it',
    'Communication',
    (one) => {
      one.contained[0].identifier.push({ system: identifiers.bsn, value: '999990019' });
    },
    'kl-com-3',
  ],
  [
    'a first line that nobody reads',
    'Communication',
    (one) => {
      one.payload[0].contentString = 'x'.repeat(141);
    },
    'kl-com-4',
  ],
  [
    'an outcome that we do not have',
    'Communication',
    (one) => {
      one.extension[0].extension[1].valueCoding.code = 'cured';
    },
    'code-not-allowed',
  ],
  [
    'consent that does not say how it was given',
    'Consent',
    (one) => {
      delete one.extension;
    },
    'extension-method',
  ],
  [
    'consent that was given by telegraph',
    'Consent',
    (one) => {
      one.extension[0].valueCode = 'telegraph';
    },
    'code-not-allowed',
  ],
  [
    'consent to something else',
    'Consent',
    (one) => {
      one.provision.code[0].coding[0].code = 'all';
    },
    'code-not-allowed',
  ],
  [
    'consent of nobody',
    'Consent',
    (one) => {
      delete one.performer;
    },
    'Missing',
  ],
  [
    'a resident without a birth date',
    'Patient',
    (one) => {
      delete one.birthDate;
    },
    'Missing',
  ],
  [
    'a resident whose name cannot be sorted',
    'Patient',
    (one) => {
      delete one.name[0].family;
    },
    'kl-pat-1',
  ],
  [
    'H2: an appointment that says what it is about',
    'Appointment',
    (one) => {
      one.description = 'schulden';
    },
    'did not match expected pattern',
  ],
  [
    'a step of no version',
    'Provenance',
    (one) => {
      one.target[0].reference = 'Task/1';
    },
    'kl-prov-1',
  ],
  [
    'a step that we do not have',
    'Provenance',
    (one) => {
      one.activity.coding[0].code = 'guessed';
    },
    'code-not-allowed',
  ],
  [
    'a line of the trail with content',
    'AuditEvent',
    (one) => {
      one.entity[0].detail = [{ type: 'x', valueString: 'x' }];
    },
    'kl-aud-1',
  ],
  [
    'a line of the trail by nobody',
    'AuditEvent',
    (one) => {
      delete one.agent[0].who;
    },
    'Missing',
  ],
  [
    'someone in none of our roles',
    'PractitionerRole',
    (one) => {
      one.code[0].coding[0].system = 'urn:x';
    },
    'kl-role-1',
  ],
  [
    'a service that serves no practice',
    'HealthcareService',
    (one) => {
      one.extension.shift();
    },
    'extension-servesPractice',
  ],
  [
    'an organisation without a name',
    'Organization',
    (one) => {
      delete one.name;
    },
    'Missing',
  ],
];
