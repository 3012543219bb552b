// Regenerates stages 1, 2, 3, 5 and 6 of every case in fixtures/ from stages 0 and 4; people read what changed.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { caseNames, fixturesFolder, readFixture } from './fixture-case.ts';
import { mllpCaseNames, readMllpFixture } from './fixture-mllp.ts';
import { openWorld } from './fixture-world.ts';

const isByHand = (file: string) => file === 'case.json' || /^[04]-/.test(file);

const names = [...(await caseNames()), ...(await mllpCaseNames())];
const world = await openWorld();
let changes = 0;
const say = (what: string, path: string) => {
  changes += 1;
  process.stdout.write(`${what} fixtures/${path}\n`);
};
try {
  for (const name of names) {
    const folder = new URL(`${name}/`, fixturesFolder);
    const stages = name.startsWith('mllp-')
      ? await world.mllpStagesOf(await readMllpFixture(name))
      : await world.stagesOf(await readFixture(name));
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
  await world.close();
}
process.stdout.write(
  changes === 0
    ? `${names.length} cases, nothing changed\n`
    : `${names.length} cases, ${changes} files changed: read them before you commit\n`,
);
