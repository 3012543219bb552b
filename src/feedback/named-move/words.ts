import type { CodeableConcept, Reference } from '@medplum/fhirtypes';
import type { Issue } from '../../fhir/outcome.ts';
import { issue, type Refusal, refuse } from '../../referral/refusal.ts';

/** The codes of a concept in one of our code systems; without a system it may be one of ours too. */
export function codesOf(concept: CodeableConcept | undefined, system: string): string[] {
  return (concept?.coding ?? []).flatMap(({ system: own = system, code }) => (own === system && code ? [code] : []));
}

/** The id that a reference to this type names, relative or absolute; undefined when it names another type or nothing. */
export function idIn(reference: Reference | undefined, type: string): string | undefined {
  const [version, history, ...rest] = (reference?.reference ?? '').split('/').toReversed();
  const [id, of] = history === '_history' ? rest : [version, history];
  return of === type && id ? id : undefined;
}

/** A part under its name when there is one. */
export const given = <T>(key: string, value: T | undefined): Record<string, T> =>
  value === undefined ? {} : { [key]: value };

/** What a sender's resource says that does not go along. */
export const notCarried = (path: string): Issue => ({
  severity: 'information',
  code: 'informational',
  reason: 'loss-not-carried',
  path,
  said: {
    nl: 'Dit is niet bewaard en gaat niet mee.',
    en: 'This is not kept and does not go along.',
  },
});

/** A change of what nobody changes, or of what does not belong to the move that the rest asks for. */
export const mayNotChange = (path: string): Issue =>
  issue('business-rule', 'may-not-change', path, {
    nl: 'Dit kunt u zo niet wijzigen. Verander alleen wat bij één stap van de verwijzing hoort.',
    en: 'You cannot change this so. Change only what belongs to one step of the referral.',
  });

/** Several moves in one resource: each has its own conditions, and its own line in the history. */
export const severalMoves = (paths: readonly string[]): Refusal =>
  refuse(
    ...paths.map((path) =>
      issue('business-rule', 'several-moves', path, {
        nl: 'Hier staan meer stappen in één bericht. Stuur ze na elkaar.',
        en: 'This is more than one step in one message. Send them one after the other.',
      }),
    ),
  );

export const noSuchMove = (path: string): Refusal =>
  refuse(
    issue('business-rule', 'no-such-move', path, {
      nl: 'Zo verandert een verwijzing niet. Welke stappen er zijn, staat in de levensloop van een verwijzing; een stap bij naam kan met $move.',
      en: 'A referral does not change like this. The steps there are stand in the life of a referral; one by its name goes with $move.',
    }),
  );
