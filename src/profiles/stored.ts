import { readFileSync } from 'node:fs';
import type { CodeSystem, Resource, StructureDefinition, ValueSet } from '@medplum/fhirtypes';
import type { Said } from '../fhir/outcome.ts';
import { codeSystems, profiles } from '../fhir/systems.ts';
import { maps } from './concept-maps.ts';
import { namingSystems } from './naming-systems.ts';
import { operationDefinitions } from './operations.ts';
import type { Definition, Published } from './published.ts';
import { type Terms, terms, toCodeSystem, toValueSet } from './terminology.ts';

/** A code that we tell a sender: its FHIR issue code and its sentences, "…" where the message decides. */
export interface ToldCode {
  readonly issue: string;
  readonly nl?: string;
  readonly en?: string;
  /** The formats whose contract says it: rules of ours beyond the standard that the format is of. */
  readonly formats?: readonly string[];
  /** FHIRPath of a place in a FHIR message where it was seen. */
  readonly place?: string;
}

export interface DoorExample {
  readonly door: string;
  /** The folder under fixtures/ that it comes from. */
  readonly story: string;
  readonly sent: string;
  readonly answered: string;
}

/** Everything that we publish about ourselves. */
export interface Guide {
  readonly structures: readonly Published<StructureDefinition>[];
  readonly codeSystems: readonly Published<CodeSystem>[];
  readonly valueSets: readonly Published<ValueSet>[];
  /** All of the above and the rest, by type and id. */
  readonly definitions: readonly Published<Definition>[];
  /** Code system → its codes, for who checks a binding. */
  readonly terms: Readonly<Record<string, Terms>>;
  readonly refusals: Readonly<Record<string, ToldCode>>;
  readonly examples: Readonly<Record<string, Resource>>;
  readonly doors: readonly DoorExample[];
}

/** The profiles that our resources hold to, for `CapabilityStatement.rest.resource.supportedProfile`. */
export const supportedProfiles: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(profiles).map(([type, url]) => [type, [url]]),
);

/** The types of definition that are served under /fhir/R4, read-only and without login. */
export const servedTypes = [
  'StructureDefinition',
  'CodeSystem',
  'ValueSet',
  'ConceptMap',
  'NamingSystem',
  'OperationDefinition',
] as const;

const words = (code: string): Said => {
  const text = code.replaceAll('-', ' ');
  return { nl: text, en: text };
};

function toldTerms(told: {
  readonly refusals: Readonly<Record<string, ToldCode>>;
  readonly steps: readonly string[];
  readonly events: readonly string[];
}): Record<string, Terms> {
  const plain = (codes: readonly string[]) => Object.fromEntries(codes.map((code) => [code, words(code)]));
  return {
    [codeSystems.refusal]: {
      title: 'What we tell a sender',
      description: 'Why a message was refused, or what became of it; OperationOutcome.issue.details.',
      codes: Object.fromEntries(
        Object.entries(told.refusals).map(([code, { nl, en }]) => [code, nl && en ? { nl, en } : words(code)]),
      ),
    },
    [codeSystems.provenanceActivity]: {
      title: 'Steps',
      description: 'What a step of a journey was.',
      codes: plain(told.steps),
    },
    [codeSystems.auditEvent]: {
      title: 'Events of the trail',
      description: 'What a line of the trail says that happened: the steps, and everything else.',
      codes: plain(told.events),
    },
  };
}

let loaded: Guide | undefined;

/** All of it, read once from the files beside this one (npm run profiles makes them). */
export function guide(): Guide {
  loaded ??= read();
  return loaded;
}

function read(): Guide {
  const json = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
  const structures: Published<StructureDefinition>[] = json('./structures-r4.json');
  const told = json('./told-codes.json');
  const { resources, doors } = json('./examples.json');
  const all = { ...terms, ...toldTerms(told) };
  const systems = Object.entries(all).map(([url, one]) => toCodeSystem(url, one));
  const sets = Object.entries(all).map(([url, one]) => toValueSet(url, one));
  return {
    structures,
    codeSystems: systems,
    valueSets: sets,
    definitions: [...structures, ...systems, ...sets, ...maps, ...namingSystems, ...operationDefinitions],
    terms: all,
    refusals: told.refusals,
    examples: resources,
    doors,
  };
}
