import type { Syntax } from '../../src/referral/format.ts';

/**
 * Values that say how a message is built, not what it says: nobody misses them. Ids and numbers that only connect its
 * parts, words that a program may show for a code or a reference, counts of segments.
 */
const built: Readonly<Record<Syntax, RegExp>> = {
  fhir: /(^|\.)(id|fullUrl|meta\..+|language|implicitRules|text\.(status|div)|request\.\w+|resourceType)$|^Bundle\.(type|timestamp|identifier\..+)$/,
  json: /(?!)/,
  // Set ids count segments; MSH is the door's.
  hl7v2: /^(MSH\[1\].*|EVN\[1\].*|(PID|NK1|DG1|CON|OBX|OBR|NTE|PV1|PRD|IN1|ORC|TXA)\[\d+\]-1\.1\.1)$/,
  edifact: /^UN[ABHTZ]/,
};

export function isEnvelope(syntax: Syntax, path: string): boolean {
  return built[syntax].test(path);
}
