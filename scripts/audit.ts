// npm run audit -- verify [--anchor <file>]      every hash again; not 0 when something was changed, cut off or slipped in
// npm run audit -- anchor >> anchors.ndjson      the head of the chain, to keep where the database's owner cannot write
// npm run audit -- export (--journey KL-…,… | --number <n> --practice <id> | --from <day> --to <day>) [--format csv] [--by <who>]
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { type TrailLine, toAuditEvent, toTrailRow, trailColumns } from '../src/referral/audit-event.ts';
import { type Anchor, headOfAudit, verifyAudit } from '../src/store/audit.ts';
import type { Store } from '../src/store/store.ts';
import { journeyNumbered, readTrail, type TrailOf } from '../src/store/trail.ts';
import { command, openRecordFor, readSettings } from './open-record.ts';

const usage =
  'npm run audit -- verify [--anchor <file>] | anchor | export (--journey … | --number … --practice … | --from … --to …) [--format csv]';

/** Anchors as `anchor` prints them, one to a line. Throws at a line that is none: half an anchor proves nothing. */
export function readAnchors(text: string): Anchor[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, nth) => {
      const { seq, hash } = JSON.parse(line) as Partial<Anchor>;
      if (!Number.isSafeInteger(seq) || !/^[0-9a-f]{64}$/.test(hash ?? ''))
        throw new Error(`line ${nth + 1} of the anchors is no anchor`);
      return { seq: seq as number, hash: hash as string };
    });
}

/** Checks the chain, says what was found, and whether it is whole. */
export async function verify(store: Store, anchors: readonly Anchor[], say: (text: string) => void): Promise<boolean> {
  const { broken, lines, slippedIn, unsealed } = await verifyAudit(store, anchors);
  if (broken) say(`BROKEN at ${broken.seq}: ${broken.why}; ${lines} lines before it are whole\n`);
  else say(`${lines} lines, whole; ${unsealed} not sealed yet; ${anchors.length} anchors hold\n`);
  if (slippedIn > 0) say(`BROKEN: ${slippedIn} lines were put behind sealed ones\n`);
  return !broken && slippedIn === 0;
}

const pages: Record<string, { head: string; line(one: TrailLine): string }> = {
  fhir: { head: '', line: (one) => `${JSON.stringify(toAuditEvent(one))}\n` },
  csv: { head: `${trailColumns.join(',')}\r\n`, line: (one) => `${toTrailRow(one)}\r\n` },
};

/**
 * Writes lines of the trail as NDJSON of AuditEvent (`fhir`) or CSV, a page at a time. The export is itself in the trail,
 * under every journey it is about, before the first line leaves.
 */
export async function exportTrail(
  store: Store,
  of: TrailOf,
  format: string,
  by: string,
  out: NodeJS.WritableStream,
): Promise<void> {
  const page = pages[format];
  if (!page) throw new Error('--format is fhir or csv');
  const about = 'journeys' in of ? of.journeys : [undefined];
  for (const journey of about) {
    await store.commit({
      scope: { practice: '' },
      ...(journey && { journey }),
      audit: [
        {
          event: 'audit-exported',
          at: store.clock().toISOString(),
          actor: { id: by, role: 'administrator' },
          action: 'R',
          outcome: 'ok',
          purpose: 'SYSADMIN',
        },
      ],
    });
  }
  async function* text() {
    yield page?.head ?? '';
    for await (const lines of readTrail(store, of)) yield lines.map((one) => page?.line(one)).join('');
  }
  await pipeline(text, out, { end: false });
}

/** What an export is about, of its options; throws when they name nothing. */
export async function trailOf(
  store: Store,
  asked: { journey?: string; number?: string; practice?: string; from?: string; to?: string },
): Promise<TrailOf> {
  const { journey, number, practice, from, to } = asked;
  if (from && to) {
    if ([from, to].some((one) => Number.isNaN(Date.parse(one)))) throw new Error('--from and --to are days or moments');
    return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  }
  const numbers = journey?.split(',').map((one) => ({ journeyNumber: one.trim() }));
  const wanted = numbers ?? (number && practice ? [{ number, practice }] : []);
  if (wanted.length === 0) throw new Error(usage);
  const found = await Promise.all(wanted.map((one) => journeyNumbered(store, one)));
  return {
    journeys: found.map((one) => {
      if (!one) throw new Error('there is no referral with that number');
      return one.journey;
    }),
  };
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      anchor: { type: 'string' },
      journey: { type: 'string' },
      number: { type: 'string' },
      practice: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      format: { type: 'string', default: 'fhir' },
      by: { type: 'string', default: userInfo().username },
    },
  });
  const [what] = positionals;
  if (what !== 'verify' && what !== 'anchor' && what !== 'export') throw new Error(usage);
  const record = await openRecordFor(readSettings());
  const say = (text: string) => void process.stdout.write(text);
  try {
    if (what === 'anchor') say(`${JSON.stringify((await headOfAudit(record.store)) ?? {})}\n`);
    else if (what === 'verify') {
      const anchors = values.anchor ? readAnchors(await readFile(values.anchor, 'utf8')) : [];
      if (!(await verify(record.store, anchors, say))) process.exitCode = 1;
    } else
      await exportTrail(record.store, await trailOf(record.store, values), values.format, values.by, process.stdout);
  } finally {
    await record.close();
  }
}

if (import.meta.main) await command(main);
