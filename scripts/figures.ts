// The figures of a quarter, from content-free events alone: who referred to whom, by life area and by age band. Numbers
// under five are left out, and so is what would give them away.
//   npm run figures -- --quarter 2026Q4
//   --json      the same as JSON on stdout
import { parseArgs } from 'node:util';
import { addDays, beginOfDay } from '../src/referral/deadlines.ts';
import { measuresOf, quarterDays } from '../src/report/measures.ts';
import { figuresText } from '../src/report/print.ts';
import { quarterFigures } from '../src/report/quarter.ts';
import { directoryReader } from '../src/store/directory.ts';
import { readEventsOf } from '../src/store/events.ts';
import { command, openRecordFor, readSettings } from './open-record.ts';

const { values: options } = parseArgs({
  options: { quarter: { type: 'string' }, json: { type: 'boolean', default: false } },
});

await command(async () => {
  const days = quarterDays(options.quarter ?? '');
  if (!days) {
    process.exitCode = 2;
    throw new Error('needed: --quarter, such as 2026Q4');
  }
  const record = await openRecordFor(readSettings());
  try {
    const events = await readEventsOf(record.store, beginOfDay(days.from), beginOfDay(addDays(days.to, 1)));
    const figures = quarterFigures(measuresOf(events, days));
    const { practices, roles, teams } = await directoryReader(record.store)();
    const name = (id: string) => practices.get(id)?.name ?? roles.get(id)?.name ?? teams.get(id)?.name ?? id;
    process.stdout.write(options.json ? `${JSON.stringify(figures, null, 2)}\n` : figuresText(figures, days, name));
  } finally {
    await record.close();
  }
});
