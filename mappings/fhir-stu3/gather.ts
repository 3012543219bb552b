import type { Issue } from '../../src/fhir/outcome.ts';
import { identifiers } from '../../src/fhir/systems.ts';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Gathered } from '../../src/referral/format.ts';
import { issue } from '../../src/referral/refusal.ts';
import { consentPart, type Performer } from './consent.ts';
import { type Json, listOf, objectOf, pathOf, textOf, unfit } from './json.ts';
import { type LetterPart, letterParts } from './letters.ts';
import { type Part, type Resolve, resolver, typeAndId, withContained } from './resolve.ts';
import { nictiz, zorgdomein } from './systems.ts';

export interface Sender {
  readonly name?: string;
  readonly agb?: string;
  readonly practiceAgb?: { readonly value: string; readonly path: string };
  readonly path: string;
}

/** What a STU3 document or a cancelled Task may hold; the contract says what of it must be there. */
export interface Parts {
  readonly kind: 'document' | 'task';
  /** Bundle.id: the identifier of the document (ZorgDomein, fhir-documents). */
  readonly messageKey?: string;
  readonly composition?: Json;
  readonly task?: Json;
  readonly request?: Json;
  readonly patient?: Json;
  readonly consent?: Json;
  /** Whether any Consent came along, of whoever. */
  readonly hasConsent: boolean;
  readonly performers: readonly Performer[];
  readonly agreement?: ConsentAgreement;
  readonly sender: Sender;
  /** Codes of the conditions that the request gives as its reason. */
  readonly conditions: readonly unknown[];
  readonly letters: readonly LetterPart[];
  readonly all: readonly Part[];
}

const agbOf = (resource: Json | undefined) =>
  listOf(resource?.identifier)
    .filter((one) => one.system === identifiers.agb || one.system === identifiers.agbOid)
    .map((one) => textOf(one.value))
    .find((one) => one !== undefined);

const extensionOf = (element: Json | undefined, url: string) =>
  listOf(element?.extension).find((one) => one.url === url)?.valueReference;

/** Who sends: ZorgDomein's zd-sender, else the one who asks, else the author; a role, or a person and for whom. */
function senderOf(top: Part, request: Part | undefined, resolve: Resolve): Sender {
  const asks = objectOf((request ?? top).resource.requester);
  const named: [unknown, Part, string][] = [
    [extensionOf(top.resource, zorgdomein.sender), top, 'extension'],
    [asks?.agent, request ?? top, 'requester'],
    [listOf(top.resource.author)[0], top, 'author'],
  ];
  const [reference, from, at] = named.find(([one]) => objectOf(one) !== undefined) ?? [undefined, top, 'author'];
  const pointer = objectOf(reference);
  const found = resolve(extensionOf(pointer, nictiz.practitionerRole), from) ?? resolve(reference, from);
  const role = found?.resource.resourceType === 'PractitionerRole' ? found : undefined;
  const person = (role ? resolve(role.resource.practitioner, role) : found)?.resource;
  const practice = role ? resolve(role.resource.organization, role) : resolve(asks?.onBehalfOf, request ?? top);
  const own = practice ?? (found?.resource.resourceType === 'Organization' ? found : undefined);
  const practitioner = person?.resourceType === 'Practitioner' ? person : undefined;
  const [first] = listOf(practitioner?.name);
  const name = textOf(first?.text) ?? textOf(first?.family) ?? textOf(pointer?.display);
  const agb = agbOf(practitioner);
  const practiceAgb = agbOf(own?.resource);
  return {
    path: found?.path ?? `${from.path}.${at}`,
    ...(name && { name }),
    ...(agb && { agb }),
    ...(own && practiceAgb && { practiceAgb: { value: practiceAgb, path: `${own.path}.identifier` } }),
  };
}

const notOurs = (path: string): Issue =>
  issue('not-supported', 'no-document', path, {
    nl: 'Op dit adres nemen wij een document aan (STU3: Bundle met type document, Composition voorop), of een Task met status cancelled.',
    en: 'At this address we take a document (STU3: Bundle of type document, the Composition first), or a Task with status cancelled.',
  });

const otherPatient = (path: string): Issue =>
  issue('conflict', 'other-patient', path, {
    nl: 'Dit deel van het bericht gaat over een andere persoon dan de brief. Er is niets doorgestuurd.',
    en: 'This part of the message is about another person than the letter. Nothing was sent on.',
  });

const aboutSomeone = ['ReferralRequest', 'ProcedureRequest', 'DocumentReference', 'Condition'];

/** What is about another person than the letter (H3), and a second request: each referral has a number of its own. */
function strays(all: readonly Part[], patient: Part | undefined, resolve: Resolve): Issue[] {
  const others = all.filter((one) => {
    if (!aboutSomeone.includes(String(one.resource.resourceType))) return false;
    const about = resolve(one.resource.subject, one);
    return patient !== undefined && about !== undefined && about !== patient;
  });
  const [, second] = all.filter((one) => /^(Referral|Procedure)Request$/.test(String(one.resource.resourceType)));
  const several = (path: string) =>
    issue('not-supported', 'several-referrals', path, {
      nl: 'Dit bericht bevat meer dan één verwijzing. Stuur elke verwijzing apart.',
      en: 'This message holds more than one referral. Send each referral separately.',
    });
  return [...others.map((one) => otherPatient(`${one.path}.subject`)), ...(second ? [several(second.path)] : [])];
}

function issuesOf(message: Json, top: Part | undefined, entries: readonly Part[]): Issue[] {
  const isDocument = message.resourceType === 'Bundle' && message.type === 'document';
  if (message.resourceType !== 'Task' && (!isDocument || top?.resource.resourceType !== 'Composition'))
    return [notOurs(textOf(message.resourceType) ?? '')];
  const names = entries.filter((one) => textOf(one.resource.id)).map(typeAndId);
  const twice = names.findIndex((one, n) => names.indexOf(one) !== n);
  if (twice < 0) return unfit(message, textOf(message.resourceType) ?? '');
  return [
    issue('value', 'same-id-twice', 'Bundle.entry', {
      nl: 'Twee delen van dit bericht hebben hetzelfde id. Wij weten niet welk van de twee bedoeld is.',
      en: 'Two parts of this message have the same id. We do not know which of them is meant.',
    }),
  ];
}

/** Takes a document Bundle or a Task of STU3 apart. Everything is found by reference from the Composition or the Task. */
export function gather(received: unknown, _known?: unknown, agreement?: ConsentAgreement): Gathered {
  const message = objectOf(received) ?? {};
  const isTask = message.resourceType === 'Task';
  const entries = isTask
    ? [{ resource: message, path: 'Task' }]
    : (Array.isArray(message.entry) ? message.entry : []).flatMap((one: unknown, n): Part[] => {
        const resource = objectOf(objectOf(one)?.resource);
        return resource ? [{ resource, path: `Bundle.entry[${n}].resource` }] : [];
      });
  const [top] = entries;
  const issues = issuesOf(message, top, entries);
  if (!top || issues.length > 0) return { message: undefined, origin: () => '', issues };
  const all = entries.flatMap(withContained);
  const resolve = resolver(message, all);
  const first = (...types: string[]) => all.find((one) => types.includes(String(one.resource.resourceType)));
  const request = isTask ? undefined : first('ReferralRequest', 'ProcedureRequest');
  const about = isTask ? message.for : top.resource.subject;
  const subject = resolve(about, top);
  const patient = subject?.resource.resourceType === 'Patient' ? subject : undefined;
  const stray = strays(all, patient, resolve);
  if (stray.length > 0) return { message: undefined, origin: () => '', issues: stray };
  const documentId = isTask ? undefined : textOf(message.id);
  const consent = consentPart(all, patient, resolve, textOf(objectOf(about)?.reference));
  const parts: Parts = {
    kind: isTask ? 'task' : 'document',
    ...(documentId && { messageKey: documentId }),
    ...(isTask ? { task: message } : { composition: top.resource }),
    ...(request && { request: request.resource }),
    ...(patient && { patient: patient.resource }),
    ...(consent.part && { consent: consent.part.resource }),
    hasConsent: consent.has,
    performers: consent.performers,
    ...(agreement && { agreement }),
    sender: senderOf(top, request, resolve),
    conditions: listOf(request?.resource.reasonReference)
      .map((one) => request && resolve(one, request))
      .flatMap((one) => (one?.resource.resourceType === 'Condition' && objectOf(one.resource.code)) || []),
    letters: letterParts(all, resolve),
    all,
  };
  const roots: Record<string, string> = {
    composition: top.path,
    task: top.path,
    request: request?.path ?? top.path,
    patient: patient?.path ?? `${top.path}.${isTask ? 'for' : 'subject'}`,
    consent: consent.part?.path ?? 'Bundle.entry',
  };
  return {
    message: parts,
    issues: [],
    origin: ([part, ...rest]) => {
      if (part === 'letters') return pathOf(parts.letters[Number(rest[0])]?.path ?? top.path, rest.slice(1));
      const isThere = String(part) in parts;
      return pathOf(roots[String(part)] ?? top.path, isThere ? rest : []);
    },
  };
}
