import type { Patient as FhirPatient } from '@medplum/fhirtypes';
import { extensions, identifiers } from '../src/fhir/systems.ts';
import type { Answer, Promised, Sentence } from './model.ts';

/** How this HIS reaches Kortelijn: over HTTP, with the practice's own key. */
export interface Reach {
  /** Address of Kortelijn without a slash at the end. */
  readonly kortelijn: string;
  readonly credential: string;
  readonly timeoutMs: number;
  readonly now: () => Date;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every object in an answer, outermost first; the answer may be a Bundle, a resource or an OperationOutcome. */
function* objectsIn(value: Json): Generator<{ readonly [key: string]: Json }> {
  if (Array.isArray(value)) for (const one of value) yield* objectsIn(one);
  else if (isObject(value)) {
    yield value;
    for (const one of Object.values(value)) yield* objectsIn(one);
  }
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value ? value : undefined;

function extensionValue(extension: { readonly [key: string]: Json }): string | undefined {
  for (const [key, value] of Object.entries(extension)) {
    if (!key.startsWith('value')) continue;
    if (isObject(value)) return textOf(value.value) ?? textOf(value.display) ?? textOf(value.text);
    return textOf(value);
  }
  return undefined;
}

/**
 * Who calls, on which number, before which day: from the promise extension, wherever it stands in the answer, and from
 * the sentence with code `promise`.
 */
export function promisedIn(body: Json): Promised {
  const out: { -readonly [K in keyof Promised]: Promised[K] } = {};
  const fill = (key: keyof Promised, value: string | undefined) => {
    if (value !== undefined) out[key] ??= value;
  };
  for (const one of objectsIn(body)) {
    if (one.system === identifiers.journeyNumber) fill('number', textOf(one.value));
    if (one.url !== extensions.promise || !Array.isArray(one.extension)) continue;
    for (const part of one.extension as readonly Json[]) {
      if (!isObject(part)) continue;
      const name = textOf(part.url) ?? '';
      const value = extensionValue(part);
      if (/^(name|who|caller)$/i.test(name)) fill('who', value);
      else if (/^team/i.test(name)) fill('team', value);
      else if (/phone|telecom/i.test(name)) fill('phone', value);
      else if (/before|day|date/i.test(name)) fill('before', value);
      else if (/number/i.test(name)) fill('number', value);
    }
  }
  fill('said', sentencesIn(body).find((one) => one.code === 'promise')?.text);
  return out;
}

/** The sentences of every OperationOutcome in the answer, exactly as they came. */
export function sentencesIn(body: Json): Sentence[] {
  const found: Sentence[] = [];
  for (const one of objectsIn(body)) {
    if (one.resourceType !== 'OperationOutcome' || !Array.isArray(one.issue)) continue;
    for (const issue of one.issue as readonly Json[]) {
      if (!isObject(issue)) continue;
      const details = issue.details ?? null;
      const text = (isObject(details) ? textOf(details.text) : undefined) ?? textOf(issue.diagnostics);
      const coding =
        isObject(details) && Array.isArray(details.coding) ? (details.coding as readonly Json[])[0] : undefined;
      const code = coding !== undefined && isObject(coding) ? textOf(coding.code) : undefined;
      const expression = Array.isArray(issue.expression)
        ? issue.expression.filter((path) => typeof path === 'string')
        : [];
      found.push({
        severity: textOf(issue.severity) ?? 'error',
        ...(code && { code }),
        text: text ?? textOf(issue.code) ?? '',
        expression,
      });
    }
  }
  return found;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

/** One sending; never throws. Status 0 means that no answer came, for whatever reason. */
async function post(reach: Reach, path: string, body: string, headers: Record<string, string>): Promise<Answer> {
  const at = reach.now().toISOString();
  try {
    const response = await fetch(`${reach.kortelijn}${path}`, {
      method: 'POST',
      body,
      headers: {
        Authorization: `Bearer ${reach.credential}`,
        Accept: 'application/fhir+json, application/json',
        'Accept-Language': 'nl',
        'Content-Type': 'application/fhir+json',
        ...headers,
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(reach.timeoutMs),
    });
    const answer = parsed(await response.text());
    return { at, status: response.status, body: answer, promised: promisedIn(answer), sentences: sentencesIn(answer) };
  } catch {
    return { at, status: 0, body: null, promised: {}, sentences: [] };
  }
}

/** Sends the bytes of a referral; the same message id and bytes on every try. */
export function sendReferral(reach: Reach, body: string, messageId: string): Promise<Answer> {
  return post(reach, '/fhir/R4', body, { 'X-Request-ID': messageId });
}

/**
 * Asks Kortelijn to open its own refer page for this patient. `referral` is this practice's number for what may come of
 * it, `system|value`, sent along so that the answer can file itself. Gives the address to send the browser to.
 */
export async function openRefer(
  reach: Reach,
  patient: FhirPatient,
  referral: string,
): Promise<{ url: string } | { answer: Answer }> {
  const answer = await post(reach, '/refer/context', JSON.stringify(patient), { 'X-Practice-Referral': referral });
  const url =
    answer.status === 201 && isObject(answer.body as Json) ? (answer.body as { url?: unknown }).url : undefined;
  if (typeof url !== 'string' || !URL.canParse(url, reach.kortelijn)) return { answer };
  const target = new URL(url, reach.kortelijn);
  return /^https?:$/.test(target.protocol) ? { url: target.href } : { answer };
}

/** What a sending came to: a refusal is about the content; anything else without a yes may be sent again as it is. */
export function stateAfter(answer: Answer): 'accepted' | 'refused' | 'not-sent' {
  if (answer.status >= 200 && answer.status < 300) return 'accepted';
  return [400, 403, 409, 410, 412, 413, 415, 422].includes(answer.status) ? 'refused' : 'not-sent';
}
