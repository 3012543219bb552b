// Regenerates stages 1, 2, 3, 5 and 6 of every case in fixtures/ from stages 0 and 4; people read what changed.
// `npm run fixtures -- json-` does so for the cases whose name begins with that.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { loadMapping } from '../src/mapping/load.ts';
import type { Mapping } from '../src/mapping/run.ts';
import { allCases, fixturesFolder, readFixture, regionWith } from './fixture-case.ts';
import { playJourney, readJourneyFixture } from './fixture-journey.ts';
import { readMllpFixture } from './fixture-mllp.ts';
import { playFormat, readFormatFixture } from './fixture-play.ts';
import { openWorld, type World } from './fixture-world.ts';

const isByHand = (file: string) => file === 'case.json' || /^[04]-/.test(file);

const [wanted = ''] = process.argv.slice(2);
const cases = (await allCases()).filter(({ name }) => name.startsWith(wanted));
const mappings = new Map<string, Mapping>();
for (const entry of (await readdir(new URL('../mappings/', import.meta.url))).sort()) {
  // One folder that is still being written must not stop the cases of the others.
  const mapping = await loadMapping(entry).catch((error: Error) => error);
  if (!(mapping instanceof Error)) mappings.set(entry, mapping);
  else {
    process.exitCode = 1;
    process.stdout.write(`not loaded mappings/${entry}: ${mapping.message}\n`);
  }
}
let world: World | undefined;

async function stagesOf(name: string, format: string | undefined): Promise<ReadonlyMap<string, string>> {
  if (format) return playFormat(await readFormatFixture(name), mappings, await regionWith({}));
  const json = mappings.get('json');
  if (name.startsWith('journey-') && json) return playJourney(await readJourneyFixture(name), json);
  world ??= await openWorld();
  return name.startsWith('mllp-')
    ? world.mllpStagesOf(await readMllpFixture(name))
    : world.stagesOf(await readFixture(name));
}

let changes = 0;
const say = (what: string, path: string) => {
  changes += 1;
  process.stdout.write(`${what} fixtures/${path}\n`);
};
try {
  for (const { name, format } of cases) {
    const folder = new URL(`${name}/`, fixturesFolder);
    const stages = await stagesOf(name, format);
    const files = await readdir(folder);
    for (const [file, text] of stages) {
      const before = files.includes(file) ? await readFile(new URL(file, folder), 'utf8') : undefined;
      if (before === text) continue;
      await writeFile(new URL(file, folder), text);
      say(before === undefined ? 'new    ' : 'changed', `${name}/${file}`);
    }
    // A stage that the case no longer has would be read as if it were true.
    for (const file of files.filter((one) => !isByHand(one) && !stages.has(one))) {
      await rm(new URL(file, folder));
      say('removed', `${name}/${file}`);
    }
  }
} finally {
  await world?.close();
}
process.stdout.write(
  changes === 0
    ? `${cases.length} cases, nothing changed\n`
    : `${cases.length} cases, ${changes} files changed: read them before you commit\n`,
);
