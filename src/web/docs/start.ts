import { guide } from '../../profiles/stored.ts';
import { html, type Markup } from '../html.ts';
import { code, docsPage, sample } from './page.ts';

/** What this is, what it promises, and how it is guarded. */
export function startPage(): string {
  return docsPage(
    'Connecting to Kortelijn',
    html`<p>Kortelijn carries a referral from a GP practice to the practice's fixed social worker, the <em>Wally</em>, or the
fixed substitute, and brings the Wally's feedback back into the patient's record. This guide is for who connects a
system: a GP system, or a case system of a Wally. It is made from the software itself.</p>
<h2>The line</h2>
<ol>
<li>Your system sends a referral at one of the <a href="/docs/doors">doors</a>. The answer says who calls, on which number,
before which day.</li>
<li>It becomes a ServiceRequest, a Task, a Consent and a Patient (<a href="/docs/profiles">profiles</a>); the Wally is told.</li>
<li>The Wally works; each move is a row of <a href="/docs/states">one table</a>.</li>
<li>Feedback goes to the practice by its own channel: FHIR Communication, DocumentReference or document, HL7 v2 ORU, or
EDIFACT into a mailbox. It names the practice's own number, so that it files itself.</li>
</ol>
<h2>What we promise</h2>
<ol>
<li><strong>Acknowledged means safe.</strong> 2xx or ${code('AA')} is sent only after the referral is committed. What you send
again under the same number is one referral: you get the first answer again.</li>
<li><strong>Always one person.</strong> Each open referral has one owner who is present, or a team queue with an alarm.</li>
<li><strong>No silent end.</strong> Work cannot close without feedback, and a Communication is completed only on proof that the
practice has it.</li>
<li><strong>No more than needed.</strong> Without recorded consent nothing leaves the practice. The Wally sees no BSN by default,
and medical codes only when the resident agreed.</li>
</ol>
<h2>Security</h2>
<ul>
<li>Every door knows its sender before it reads a byte. Use TLS wherever a message leaves one machine.</li>
<li>Content is sealed per referral; the trail of who saw what is append-only and chained (NEN 7513).</li>
<li>No personal data in addresses, logs, mails or error texts. Never put any in a URL that you send us.</li>
<li>This guide and the definitions are about nobody and need no login; everything about a referral does.</li>
</ul>
<p>Everyone in the examples is invented, and their numbers are test numbers.</p>`,
  );
}

const doorWords: Record<string, readonly [title: string, said: Markup]> = {
  fhir: [
    'FHIR R4: a transaction',
    html`${code('POST /fhir/R4')}, ${code('Content-Type: application/fhir+json')}, ${code('Authorization: Bearer …')}. A Bundle of
type transaction; also a single ServiceRequest at ${code('/fhir/R4/ServiceRequest')}. What was not passed on is told, with its
place.`,
  ],
  'fhir-refused': [
    'FHIR R4: a refusal',
    html`The same, with a citizen service number that cannot be. The first line of the file says the HTTP status.`,
  ],
  'fhir-message': [
    'FHIR R4: a message',
    html`${code('POST /fhir/R4/$process-message')}. A message is answered by a message, also when it is refused.`,
  ],
  json: [
    'Plain JSON',
    html`${code('POST /intake/json')}, for who has no FHIR. Its JSON Schema: ${code('GET /intake/json/schema')}, with your credential.`,
  ],
  mllp: [
    'HL7 v2 over MLLP',
    html`${code('REF^I12')} in, ${code('RRI^I12')} or ${code('ACK')} out; I13 changes, I14 cancels. Each segment ends in CR on the wire.`,
  ],
  'mllp-feedback': [
    'HL7 v2 over MLLP: the feedback',
    html`What goes to the practice's system: ${code('ORU^R01')} with the letter.`,
  ],
  medvri: [
    'EDIFACT MEDVRI',
    html`From a mailbox, by a folder. A refusal returns as MEDVRI; of a plain yes nothing is said.`,
  ],
};

/** Each door with a message that goes in and what comes back, out of the fixtures that the tests play. */
export function doorsPage(): string {
  return docsPage(
    'Doors, with examples',
    html`${guide().doors.map(({ door, story, sent, answered }) => {
      const [title, said] = doorWords[door] ?? [door, html``];
      return html`<section><h2>${title}</h2><p>${said}</p>
${sample(`${title}: the message`, sent)}
${answered && html`<h3>The answer</h3>${sample(`${title}: the answer`, answered)}`}
<p class="quiet">From fixtures/${story}</p></section>`;
    })}`,
  );
}

/** How a system becomes known. */
export function clientsPage(): string {
  return docsPage(
    'Connect a system',
    html`<ol>
<li>Ask the administrator of your region. Practices, Wally organisations and their endpoints stand in the directory; nothing in a
message adds one.</li>
<li>Agree how consent is recorded: each message names who gave it, how and when, or the practice recorded an agreement for a
channel that cannot carry it.</li>
<li>You get a credential for one practice. Over HTTP it is a bearer token; over MLLP a certificate or an address range with your
name in MSH-4; by EDIFACT your mailbox number.</li>
<li>Say how feedback comes back: the Endpoints of the practice are tried in their order, and each says the best proof that it can
give (${html`<a href="/docs/profiles/best-proof">best proof</a>`}).</li>
<li>Send the examples of this guide to a test installation. ${code('npm start')} gives one, with an invented region and a
simulated GP system.</li>
</ol>
<h2>Rules that keep you out of trouble</h2>
<ul>
<li>Give each referral a number of your own and never use it twice. Same number and content: the first answer again. Same number,
other content: 409, unless it says that it is a correction.</li>
<li>No answer? Send the same message again; it cannot do harm.</li>
<li>A correction is ${code('ServiceRequest.replaces')}, a PUT, or I13; a cancellation a revoked ServiceRequest, a Task with code
abort, or I14. When the work has begun it is a request, and the answer is 202.</li>
<li>Take our ${code('identifier')} of system message as the key against doing the same thing twice.</li>
</ul>
<h2>Hear of changes</h2>
<ul>
<li>${code('POST /fhir/R4/Subscription')} with status requested, channel rest-hook, an https address that your administrator allowed,
and criteria such as ${code('Task?status=requested')}: Task, Communication or ServiceRequest, by the search parameters of metadata.</li>
<li>We POST a handshake first (${code('X-Event-Number: 0')}); a 2xx makes it active. Then each change gets the next number, in
${code('X-Event-Number')}. The body is empty; with payload ${code('application/fhir+json')} and backport-payload-content id-only it
names what changed. Content is read with your token, at its own address.</li>
<li>A number may come twice and never out of order. One that is missing, or has no focus, is in
${code('GET /Subscription/[id]/$events?eventsSinceNumber=…')} for 30 days; what you may not see any more has no focus.
${code('GET /Subscription/[id]/$status')} says how it stands and what the last number was.</li>
<li>When nobody answers for a week, or your server says 404, 410 or another no that stays, it gets status error. Send it with status
requested, and it goes on with the next number. Status off, or DELETE, ends it.</li>
<li>Do not live by notices alone: search now and then with ${code('_lastUpdated=ge…')} from the last moment that you saw. It misses
no change, and gives the newest version of each.</li>
</ul>`,
  );
}
