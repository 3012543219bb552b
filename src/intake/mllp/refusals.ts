import type { Issue } from '../../fhir/outcome.ts';
import type { Header } from '../../hl7v2/header.ts';
import { issue, refusals } from '../../referral/refusal.ts';

/** What the MLLP door refuses before it looks at the referral in a message. */
export const rejections = {
  stranger: issue('login', 'unknown-peer', 'MSH-4', {
    nl: 'Wij kennen deze afzender niet. Laat de beheerder van uw regio uw systeem en de naam in MSH-4 toevoegen.',
    en: 'We do not know this sender. Have the administrator of your region add your system and the name in MSH-4.',
  }),
  truncated: issue('structure', 'truncated', '', {
    nl: 'Dit bericht brak af voordat het compleet was. Er is niets van bewaard. Stuur het opnieuw.',
    en: 'This message broke off before it was complete. Nothing of it was kept. Send it again.',
  }),
  charset: issue('structure', 'data-type', 'MSH-18', {
    nl: 'De tekens in dit bericht passen niet bij de tekenset in MSH-18. Wij raden niet hoe een naam heet.',
    en: 'The characters of this message do not fit the character set in MSH-18. We do not guess how a name is spelled.',
  }),
  nothingSent: issue('not-found', 'unknown-message', 'MSA-2', {
    nl: 'Wij hebben u geen bericht met dit nummer gestuurd.',
    en: 'We did not send you a message with this number.',
  }),
  unreadable: (path: string) =>
    issue('structure', 'not-parseable', path, {
      nl: 'Wij kunnen dit bericht niet lezen: het is geen geldig HL7 v2.',
      en: 'We cannot read this message: it is not valid HL7 v2.',
    }),
};

const processingId = issue('not-supported', 'processing-id', 'MSH-11', {
  nl: 'Wij nemen alleen echte berichten aan (P), geen tests.',
  en: 'We only take production messages (P), no tests.',
});
const versionId = issue('not-supported', 'version-id', 'MSH-12', {
  nl: 'Deze versie van HL7 lezen wij niet; 2.3 tot en met 2.8 wel.',
  en: 'We do not read this version of HL7; we do read 2.3 to 2.8.',
});

/** MSH-10 holds 199 characters in its longest version (2.7); names of systems are shorter everywhere. */
const lengthMax = 199;

function keyIssues(value: string, path: string, what: { nl: string; en: string }): Issue[] {
  if (value === '') return [refusals.required(path, what)];
  return value.length > lengthMax ? [refusals.doesNotFit(path, path)] : [];
}

/** What a header asks that this door does not do: only messages in production, of version 2.3 to 2.8, with its keys. */
export function headerIssues({ processing, version, controlId, application }: Header): Issue[] {
  return [
    ...(processing === 'P' ? [] : [processingId]),
    ...(/^2\.[3-8](\.|$)/.test(version) ? [] : [versionId]),
    ...keyIssues(controlId, 'MSH-10', {
      nl: 'Het nummer van het bericht (MSH-10)',
      en: 'The number of the message (MSH-10)',
    }),
    ...keyIssues(application, 'MSH-3', { nl: 'De naam van het systeem (MSH-3)', en: 'The name of the system (MSH-3)' }),
  ];
}
