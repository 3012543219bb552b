import type { Bundle, Resource } from '@medplum/fhirtypes';
import type { Issue } from '../../fhir/outcome.ts';
import { issue } from '../../referral/refusal.ts';

/** Every reference of a resource that stands for another entry of the same Bundle, with its place. */
export function urnReferences(value: unknown, path: string): { readonly path: string; readonly reference: string }[] {
  if (Array.isArray(value)) return value.flatMap((one, n) => urnReferences(one, `${path}[${n}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    key === 'reference' && typeof one === 'string' && /^urn:(uuid|oid):/.test(one)
      ? [{ path: `${path}.reference`, reference: one }]
      : urnReferences(one, `${path}.${key}`),
  );
}

/** The same value with each reference as `to` says it; one that it does not know stays. */
export function pointed<T>(value: T, to: (reference: string) => string | undefined): T {
  const walk = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(walk);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(
      Object.entries(inner).map(([key, one]) => [
        key,
        key === 'reference' && typeof one === 'string' ? (to(one) ?? one) : walk(one),
      ]),
    );
  };
  return walk(value) as T;
}

/** Every entry has a name of its own in the Bundle (bdl-7), so that a reference means one of them. */
export function fullUrlIssues(bundle: Bundle): Issue[] {
  const seen = new Set<string>();
  return (bundle.entry ?? []).flatMap(({ fullUrl }, n) => {
    const isTwice = fullUrl !== undefined && seen.has(fullUrl);
    if (fullUrl) seen.add(fullUrl);
    return isTwice
      ? [
          issue('value', 'full-url-twice', `Bundle.entry[${n}].fullUrl`, {
            nl: 'Deze fullUrl komt twee keer voor. Geef elke regel een eigen fullUrl.',
            en: 'This fullUrl occurs twice. Give every entry a fullUrl of its own.',
          }),
        ]
      : [];
  });
}

/**
 * The rules of a transaction (FHIR R4 http.html#transaction) that we hold a referral to: only creates and updates; and of
 * a message too: unique fullUrls, and every urn reference resolved: a dangling one would be a referral about nobody.
 */
export function transactionIssues(bundle: Bundle): Issue[] {
  const issues: Issue[] = [];
  const fullUrls = new Set((bundle.entry ?? []).flatMap((one) => one.fullUrl ?? []));
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
  }
  issues.push(...fullUrlIssues(bundle));
  for (const [n, entry] of (bundle.entry ?? []).entries()) {
    const found = urnReferences(entry.resource, `Bundle.entry[${n}].resource`);
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
