import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';
import { maps } from '../../profiles/concept-maps.ts';
import { namingSystems } from '../../profiles/naming-systems.ts';
import { idOf } from '../../profiles/published.ts';
import { guide } from '../../profiles/stored.ts';
import { codesOf } from '../../profiles/terminology.ts';
import { html, type Markup } from '../html.ts';
import { code, docsPage, sample, wideTable } from './page.ts';

const link = (path: string, text: string) => html`<a href="/docs/${path}">${text}</a>`;
const asJson = (type: string, id: string) => html`<p><a href="/fhir/R4/${type}/${id}">The definition as JSON</a></p>`;

/** What an element must be: fixed, a pattern, one of a value set of ours. */
function mustBe(element: ElementDefinition): (Markup | string)[] {
  const fixed = Object.entries(element).flatMap(([key, value]) =>
    /^(fixed|pattern)/.test(key) ? [code(typeof value === 'string' ? value : JSON.stringify(value))] : [],
  );
  const set = element.binding?.valueSet ?? '';
  const bound = codesOf(guide().terms, set) ? [html`one of ${link(`codes/${idOf(set)}`, idOf(set))}`] : [];
  return [...fixed, ...bound];
}

/** Of each type that an element may have its name, and of an extension of ours its page. */
function typesOf({ type = [] }: ElementDefinition): Markup[] {
  return type.map(({ code: name = '', profile }) => {
    const [url] = profile ?? [];
    return url ? html`${link(`profiles/${idOf(url)}`, idOf(url))} ` : html`${name} `;
  });
}

/** What a definition says beyond what it is based on, element by element, in the order of the snapshot. */
function elementRows(one: StructureDefinition): (Markup | string)[][] {
  const said = new Set((one.differential?.element ?? []).map(({ id }) => id));
  return (one.snapshot?.element ?? [])
    .filter(({ id, slicing }) => said.has(id) && id?.includes('.') && !slicing)
    .map((element) => [
      code(element.id ?? ''),
      `${element.min}..${element.max}`,
      html`${typesOf(element)}`,
      html`${mustBe(element)}`,
      element.short ?? '',
    ]);
}

/** The list of profiles and extensions, with what they are for. */
export function profilesPage(): string {
  const rows = (kind: string) =>
    guide()
      .structures.filter((one) => one.kind === kind)
      .map((one) => [link(`profiles/${one.id}`, one.title ?? one.id), one.type, one.description ?? '']);
  const contexts = guide()
    .structures.filter((one) => one.kind === 'complex-type')
    .map((one) => [
      link(`profiles/${one.id}`, one.title ?? one.id),
      (one.context ?? []).map(({ expression }) => expression).join(', '),
      one.description ?? '',
    ]);
  return docsPage(
    'Profiles',
    html`<p>What we promise about every resource that we make. Each is FHIR R4 (4.0.1) with a few rules more; the tests of the
project hold every resource that the line makes against them. What you send need not hold to them: a door takes base R4,
and its mapping says what must be in it.</p>
${wideTable('Profiles', ['Profile', 'Resource', 'What it is'], rows('resource'))}
<h2>Extensions</h2>
${wideTable('Extensions', ['Extension', 'Stands on', 'What it says'], contexts)}
<h2>Numbers that we give out</h2>
${wideTable(
  'Identifier systems',
  ['System', 'What it is for'],
  namingSystems.map((one) => [
    html`<a href="/fhir/R4/NamingSystem/${one.id}">${one.uniqueId[0]?.value}</a>`,
    one.description ?? '',
  ]),
)}`,
  );
}

/** One profile or extension: its elements, its invariants, an example; undefined when there is none of that id. */
export function profilePage(id: string): string | undefined {
  const one = guide().structures.find((each) => each.id === id);
  if (!one) return undefined;
  const invariants = (one.differential?.element ?? []).flatMap(({ constraint = [] }) => constraint);
  const example = one.kind === 'resource' ? guide().examples[one.type] : undefined;
  return docsPage(
    one.title ?? id,
    html`<p>${one.description}</p>
<p>${code(one.url)}, on ${one.type} of FHIR R4.</p>
${wideTable('Elements', ['Element', 'How many', 'Type', 'Must be', 'Meaning'], elementRows(one))}
${
  invariants.length > 0 &&
  html`<h2>Rules</h2>
${wideTable(
  'Rules',
  ['Key', 'Rule', 'FHIRPath'],
  invariants.map(({ key = '', human = '', expression = '' }) => [code(key), human, code(expression)]),
)}`
}
${example && html`<h2>Example</h2>${sample('Example', JSON.stringify(example, null, 2))}`}
${asJson('StructureDefinition', id)}`,
  );
}

/** The list of our code systems. */
export function codesPage(): string {
  return docsPage(
    'Code systems',
    html`<p>Every code of ours, made from the same constants that the software itself uses. Each code system has a value set of
all its codes under the same name (<a href="/fhir/R4/ValueSet">all value sets</a>).</p>
${wideTable(
  'Code systems',
  ['Code system', 'Codes', 'What it is for'],
  guide().codeSystems.map((one) => [
    link(`codes/${one.id}`, one.title ?? one.id),
    String(one.count),
    one.description ?? '',
  ]),
)}`,
  );
}

/** One code system with its codes in both languages; undefined when there is none of that id. */
export function codePage(id: string): string | undefined {
  const one = guide().codeSystems.find((each) => each.id === id);
  if (!one) return undefined;
  return docsPage(
    one.title ?? id,
    html`<p>${one.description}</p>
<p>${code(one.url ?? '')}</p>
${wideTable(
  'Codes',
  ['Code', 'English', 'Dutch'],
  (one.concept ?? []).map((concept) => [
    code(concept.code),
    concept.display ?? '',
    concept.designation?.[0]?.value ?? '',
  ]),
)}
${asJson('CodeSystem', id)}`,
  );
}

/** The concept maps, each life area with what it is elsewhere. */
export function mapsPage(): string {
  return docsPage(
    'Concept maps',
    html`<p>How our life areas relate to the lists that others use. Nobody has published such a mapping; these are ours, and
careful: “narrower” means that the other code is a part of our area, “wider” that it holds more.</p>
${maps.map(
  (one) => html`<h2>${one.title}</h2>
${wideTable(
  one.title ?? '',
  ['Life area', 'There', 'Relation'],
  (one.group?.[0]?.element ?? []).flatMap((element) =>
    (element.target ?? []).map((target) => [
      code(element.code ?? ''),
      target.code ? code(target.code) : 'nothing',
      target.equivalence ?? '',
    ]),
  ),
)}
${asJson('ConceptMap', one.id)}`,
)}`,
  );
}
