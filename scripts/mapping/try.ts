import type { Mapping } from '../../src/mapping/run.ts';
import { readDirectory } from '../../src/referral/directory/directory.ts';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Mapped } from '../../src/referral/format.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { regionWith } from '../fixture-case.ts';
import { type FormatFixture, playFormat } from '../fixture-play.ts';
import { readBytes } from '../fixture-read.ts';
import { toWire } from './cases.ts';
import { columns, flat, heading } from './print.ts';

/** A message to try, and as whose it comes. */
export interface Trying {
  readonly file: string;
  readonly bytes: Buffer;
  readonly practice: string;
  readonly now: Date;
  /** How residents say yes where the practice agreed on that (decision 13); else what the directory has. */
  readonly agreed?: 'spoken' | 'written';
}

function refusalText({ refused }: Refusal): string {
  return (
    heading('Refused') + columns(refused.map((one) => [one.path || '(message)', `${one.said.en} [${one.reason}]`]))
  );
}

function mappedText(mapped: Mapped): string {
  const { losses, places: _places, ...said } = mapped;
  const rows = losses.map(({ path, why }): [string, string] => [path, why]);
  return [
    heading(`Referral (${mapped.intent})`),
    columns(
      flat('referral' in said ? { ...said, ...said.referral, referral: undefined } : said).filter(
        ([, value]) => value !== 'undefined',
      ),
    ),
    heading(`\nLosses (${losses.length})`),
    rows.length > 0 ? columns(rows) : '  none\n',
  ].join('');
}

function stageText(stages: ReadonlyMap<string, string>): string {
  const json = (file: string): unknown => JSON.parse(stages.get(file) ?? 'null');
  const bundle = json('2-bundle.json') as { entry: { resource: { resourceType: string; id: string } }[] } | null;
  const seen = json('3-delivered.json') as Record<string, unknown> | null;
  const resources = (bundle?.entry ?? []).map(({ resource }): [string, string] => [resource.resourceType, resource.id]);
  return [
    heading(`\nResources (${resources.length})`),
    columns(resources),
    ...(seen ? [heading('\nWhat the Wally sees'), columns(flat(seen))] : []),
    ...[...stages]
      .filter(([file]) => file.startsWith('2-answer') || file.startsWith('1-refused'))
      .map(
        ([file, text]) =>
          heading(`\nWhat the sender is told${file.startsWith('1-') ? ' (refused)' : ''}`) +
          (file.endsWith('.json')
            ? columns(flat(JSON.parse(text)).filter(([path]) => /text$|expression|status/.test(path)))
            : text.replaceAll(/^/gm, '  ')),
      ),
  ].join('');
}

/** Reads one message by a format and says everything that becomes of it; nothing is kept. */
export async function tryMapping(
  mapping: Mapping,
  trying: Trying,
): Promise<{ readonly text: string; readonly isTaken: boolean }> {
  const { file, practice, now } = trying;
  const bytes = toWire(file, trying.bytes);
  const region = await regionWith({});
  const agreement: ConsentAgreement | undefined = trying.agreed
    ? { since: now.toISOString().slice(0, 10), how: trying.agreed, medicalCodes: false, feedback: 'content' }
    : readDirectory(region, 1).practices.get(practice)?.agreement;
  const mapped = readBytes(mapping, bytes, agreement);
  if (isRefusal(mapped)) return { text: refusalText(mapped), isTaken: false };
  const fixture: FormatFixture = {
    name: file,
    format: mapping.format.name,
    practice,
    now: now.toISOString(),
    ...(agreement && { agreement }),
    note: 'a message that is tried',
    answeredAt: [],
    answers: [],
    messages: [{ file, bytes }],
  };
  const stages = playFormat(fixture, new Map([[mapping.format.name, mapping]]), region);
  return {
    text: mappedText(mapped) + stageText(stages),
    isTaken: ![...stages.keys()].some((one) => one.startsWith('1-refused')),
  };
}
