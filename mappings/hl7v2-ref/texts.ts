import type { Issue } from '../../src/fhir/outcome.ts';
import { translated } from '../../src/hl7v2/coded.ts';
import type { Message } from '../../src/hl7v2/message.ts';
import type { Translate } from '../../src/referral/format.ts';
import type { Loss, SafeContact } from '../../src/referral/referral.ts';
import { issue } from '../../src/referral/refusal.ts';
import { says } from './contract.ts';
import { type Observation, textsOf } from './gather.ts';

export interface TextParts {
  readonly reason: string | undefined;
  readonly question: string | undefined;
  readonly notes: readonly string[];
  readonly safeContact: SafeContact | undefined;
  readonly losses: readonly Loss[];
  readonly issues: readonly Issue[];
}

const flags = ['unsafe', 'no-voicemail', 'no-letters'] as const;
type Flag = (typeof flags)[number];
const isFlag = (part: string | undefined): part is Flag => flags.some((one) => one === part);

/**
 * The texts of a referral: OBX by the code of OBX-3, and NTE, which are the reason when no OBX says it. An OBX whose code
 * we do not know is not passed on, whatever it says: medical text does not go along unasked (H17).
 */
export function textPartsOf(message: Message, translate: Translate): TextParts {
  const { observations, notes, unread } = textsOf(message);
  const byPart = new Map<string, Observation[]>();
  const losses: Loss[] = [];
  const issues: Issue[] = [];
  for (const one of observations) {
    const part = translated(translate, 'observation', one.id);
    if (part) byPart.set(part, [...(byPart.get(part) ?? []), one]);
    else losses.push({ path: one.path, why: 'kept-with-source' });
    if (isFlag(part) && !/^[YN]$/.test(one.text))
      issues.push(issue('value', 'value-flag', `${one.path}-5`, says['value:flag'] ?? { nl: '', en: '' }));
  }
  const text = (part: string) =>
    byPart
      .get(part)
      ?.map((one) => one.text)
      .join('\n') || undefined;
  const is = (flag: Flag) => byPart.get(flag)?.some((one) => one.text === 'Y') === true;
  const [phone, times] = [text('safe-phone'), text('safe-times')];
  const safe = {
    unsafe: is('unsafe'),
    noVoicemail: is('no-voicemail'),
    noLetters: is('no-letters'),
    ...(phone && { phone }),
    ...(times && { times }),
  };
  const said = text('reason');
  const free = notes.map((one) => one.text);
  return {
    reason: said ?? (free.join('\n') || undefined),
    question: text('resident-question'),
    notes: [...(byPart.get('note') ?? []).map((one) => one.text), ...(said ? free : [])],
    safeContact: Object.values(safe).some(Boolean) ? safe : undefined,
    losses: [
      ...losses,
      ...unread.map((path): Loss => ({ path, why: 'kept-with-source' })),
      ...(said ? notes.map((one): Loss => ({ path: one.path, why: 'kept-as-text' })) : []),
    ],
    issues,
  };
}
