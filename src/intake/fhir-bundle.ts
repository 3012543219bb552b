import type { Bundle, Resource } from '@medplum/fhirtypes';
import type { Issue } from '../fhir/outcome.ts';
import { issue } from '../referral/refusal.ts';

/** All references of a resource that stand for another entry of the same Bundle. */
function urnReferences(value: unknown, path: string, found: { path: string; reference: string }[]): void {
  if (Array.isArray(value)) {
    for (const [n, one] of value.entries()) urnReferences(one, `${path}[${n}]`, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      if (key === 'reference' && typeof one === 'string' && /^urn:(uuid|oid):/.test(one))
        found.push({ path: `${path}.reference`, reference: one });
      else urnReferences(one, `${path}.${key}`, found);
    }
  }
}

/**
 * The rules of a transaction (FHIR R4 http.html#transaction) that we hold a referral to: only creates and updates; and of
 * a message too: unique fullUrls, and every urn reference resolved: a dangling one would be a referral about nobody.
 */
export function transactionIssues(bundle: Bundle): Issue[] {
  const issues: Issue[] = [];
  const fullUrls = new Set<string>();
  for (const [n, entry] of (bundle.entry ?? []).entries()) {
    const path = `Bundle.entry[${n}]`;
    const method = entry.request?.method;
    const type = entry.request?.url?.split(/[/?]/)[0];
    const isMessage = bundle.type === 'message';
    if (!isMessage && method !== 'POST' && method !== 'PUT') {
      issues.push(
        issue('not-supported', 'method-not-supported', `${path}.request.method`, {
          nl: 'In een verwijzing mag u alleen gegevens toevoegen (POST of PUT).',
          en: 'In a referral you can only add data (POST or PUT).',
        }),
      );
    } else if (!isMessage && type !== entry.resource?.resourceType) {
      issues.push(
        issue('value', 'url-and-resource-differ', `${path}.request.url`, {
          nl: 'Het adres van deze regel past niet bij het soort gegeven dat erin staat.',
          en: 'The address of this entry does not fit the type of resource in it.',
        }),
      );
    }
    if (entry.fullUrl && fullUrls.has(entry.fullUrl)) {
      issues.push(
        issue('value', 'full-url-twice', `${path}.fullUrl`, {
          nl: 'Deze fullUrl komt twee keer voor. Geef elke regel een eigen fullUrl.',
          en: 'This fullUrl occurs twice. Give every entry a fullUrl of its own.',
        }),
      );
    }
    if (entry.fullUrl) fullUrls.add(entry.fullUrl);
  }
  for (const [n, entry] of (bundle.entry ?? []).entries()) {
    const found: { path: string; reference: string }[] = [];
    urnReferences(entry.resource, `Bundle.entry[${n}].resource`, found);
    for (const one of found.filter(({ reference }) => !fullUrls.has(reference))) {
      issues.push(
        issue('value', 'unresolved-reference', one.path, {
          nl: 'Deze verwijzing naar een ander gegeven klopt niet: het staat niet in dit bericht.',
          en: 'This reference does not resolve: what it points to is not in this message.',
        }),
      );
    }
  }
  return issues;
}

const earlier =
  /"reference":"((?:Patient|Consent|ServiceRequest|Task|DocumentReference)\/[0-9a-f]{8}-[0-9a-f-]{27})[/"]/g;

/** `Type/id` references of one resource to what the practice sent before; the door looks them up. */
export function earlierReferences(resource: Resource): string[] {
  const found = JSON.stringify(resource).matchAll(earlier);
  return [...new Set([...found].map((match) => match[1] ?? ''))].slice(0, 10);
}
