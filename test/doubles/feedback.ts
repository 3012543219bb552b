import type { Communication } from '@medplum/fhirtypes';
import { identifiers } from '../../src/fhir/systems.ts';

export const messageId = '01a2f7c0-0000-7000-8000-00000000a001';

/** A letter to a practice about a person nobody is: what stands in the record's Communication. */
export function feedbackLetter(letter: string, change: Partial<Communication> = {}): Communication & { id: string } {
  return {
    resourceType: 'Communication',
    id: '01a2f7c0-0000-7000-8000-00000000c001',
    contained: [
      {
        resourceType: 'Patient',
        id: 'patient',
        identifier: [{ system: 'http://de-brink.his.example/patient', value: '10311' }],
        name: [{ text: 'Zoë van den Heuvel', family: 'van den Heuvel', given: ['Zoë'] }],
        birthDate: '1948-03-12',
      },
      {
        resourceType: 'PractitionerRole',
        id: 'sender',
        practitioner: { display: 'Sanne Verhoeven' },
        organization: { display: 'Sociaal Werk Voorbeeldstreek' },
        telecom: [{ system: 'phone', value: '06-00001011' }],
      },
    ],
    identifier: [{ system: identifiers.message, value: `urn:uuid:${messageId}` }],
    basedOn: [
      { type: 'ServiceRequest', identifier: { system: 'http://de-brink.his.example/referral', value: '2026-000123' } },
      { type: 'ServiceRequest', identifier: { system: identifiers.journeyNumber, value: 'KL-ABCDE-FGHJK' } },
    ],
    about: [{ type: 'EpisodeOfCare', identifier: { system: 'http://de-brink.his.example/episode', value: 'e3' } }],
    status: 'in-progress',
    subject: { reference: '#patient' },
    sent: '2026-11-23T09:00:00.000Z',
    recipient: [{ type: 'Organization', reference: 'Organization/de-brink' }],
    sender: { reference: '#sender', display: 'Sanne Verhoeven' },
    payload: [{ contentString: letter.split('\n')[0] ?? '' }, { contentString: letter }],
    ...change,
  };
}
