import { readFileSync } from 'node:fs';
import type { IssueCode } from '../../fhir/outcome.ts';
import { definitionSearches } from '../../intake/definitions.ts';
import { guide, servedTypes } from '../../profiles/stored.ts';
import { TRANSITIONS } from '../../referral/lifecycle/transitions.ts';
import { conditionWords, tellsWords, whoWords } from '../../referral/lifecycle/words.ts';
import { httpStatus, issue, refuse } from '../../referral/refusal.ts';
import { html, type Markup } from '../html.ts';
import { code, docsPage, wideTable } from './page.ts';

/** The one table of what may happen to a Task, read out of itself. */
export function statesPage(): string {
  const rows = TRANSITIONS.map((row) => [
    code(row.move),
    row.from.join(', '),
    row.to === 'same' ? 'stays' : row.to,
    `${row.by.map((one) => whoWords[one]).join(', ')}${row.mayDeviate ? '; the team lead with a reason' : ''}`,
    row.only ? conditionWords[row.only] : '',
    row.businessStatus ? code(row.businessStatus) : '',
    row.tells.map((one) => tellsWords[one]).join(', '),
  ]);
  return docsPage(
    'States of the work',
    html`<p>A referral is one Task, and this table is all that may happen to it. What is not in it is refused with 409 or 403 and the
reason. Rows are tried in order; the first that fits counts. The ServiceRequest belongs to the practice: only the practice revokes
it. How far a message is never stands in Task.status.</p>
${wideTable('Moves', ['Move', 'From', 'To', 'Who', 'Only when', 'Business status', 'Who is told'], rows)}`,
  );
}

const statusOf = (reason: string, issueCode: string): string =>
  issueCode === 'informational'
    ? '2xx'
    : String(httpStatus(refuse(issue(issueCode as IssueCode, reason, '', { nl: '', en: '' }))));

/** Every code that a sender can be told, with its status and both sentences. */
export function errorsPage(): string {
  const rows = Object.entries(guide().refusals).map(([reason, told]) => [
    code(reason),
    statusOf(reason, told.issue),
    told.issue,
    told.place ? code(told.place) : '',
    told.en ?? '',
    told.nl ?? '',
  ]);
  const beyond = Object.entries(guide().refusals).flatMap(([reason, { formats, place, en }]) =>
    formats ? [[code(reason), formats.join(', '), place ? code(place) : '', en ?? '']] : [],
  );
  return docsPage(
    'Errors',
    html`<p>What we refuse is an OperationOutcome with every issue at once: ${code('issue.code')} of FHIR, our code in
${code('details.coding')}, a sentence to act on in ${code('details.text')} (Dutch, or English by Accept-Language), and in
${code('expression')} the place in your own message. A refusal changes nothing, and never repeats what was in the message.
“…” stands for what the message decides. The status is that of the gravest issue; a door may be more precise (400, 405, 412, 415).
After 429 and 503 look at Retry-After, and send the same message again.</p>
<h2>Where we ask more than the standard</h2>
<p>A message at a FHIR door is first held against base R4 with its required bindings; then our contract asks for what a Wally
cannot do without. These are the rules of the contracts, by format, with a place where each may stand.</p>
${wideTable('Rules of the contracts', ['Rule', 'Formats', 'For example at', 'What to do'], beyond)}
<h2>All codes</h2>
${wideTable('Codes', ['Code', 'Status', 'Issue', 'For example at', 'English', 'Dutch'], rows)}`,
  );
}

/** What can be asked of the API, and where the server says so itself. */
export function searchPage(): string {
  return docsPage(
    'Search and capability',
    html`<p>The <a href="/fhir/R4/metadata">CapabilityStatement</a> is made from what is really routed: resources, interactions,
search parameters, operations.</p>
<h2>Definitions</h2>
<p>Without login, read-only: ${servedTypes.map((type) => html`<a href="/fhir/R4/${type}">${type}</a> `)}. Each can be read by
id and searched:</p>
${wideTable(
  'Search parameters',
  ['Parameter', 'Type', 'Example'],
  definitionSearches.map(({ name, type }) => [code(name), type, code(examples[name])]),
)}
<p>With ${code('Prefer: handling=strict')} an unknown parameter is refused, else it is left aside; the self link says what counted.</p>`,
  );
}

const examples: Record<(typeof definitionSearches)[number]['name'], string> = {
  _id: 'CodeSystem?_id=life-area',
  url: 'ValueSet?url=https://kortelijn.example/fhir/ValueSet/outcome',
  name: 'StructureDefinition?name=Referral',
  status: 'ConceptMap?status=active',
  version: 'CodeSystem?version=0.1.0',
};

/** The changelog as it lies beside the source: headings and points. */
export function changelogPage(): string {
  const lines = readFileSync(new URL('../../../CHANGELOG.md', import.meta.url), 'utf8').split('\n');
  // A point may go on over several lines, indented.
  const blocks = lines.reduce<string[]>((all, line) => {
    if (/^ {2}\S/.test(line) && all.length > 0) all.push(`${all.pop()} ${line.trim()}`);
    else if (line !== '') all.push(line);
    return all;
  }, []);
  const block = (line: string): Markup => {
    if (line.startsWith('- ')) return html`<ul><li>${line.slice(2)}</li></ul>`;
    const [, marks = '', title = ''] = /^(#+) (.*)$/.exec(line) ?? [];
    if (marks === '##') return html`<h2>${title}</h2>`;
    if (marks === '###') return html`<h3>${title}</h3>`;
    return marks ? html`` : html`<p>${line}</p>`;
  };
  return docsPage('Changelog', html`${blocks.map(block)}`);
}
