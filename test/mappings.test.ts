import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkMapping } from '../scripts/mapping/check.ts';
import { loadMappings } from '../src/mapping/load.ts';
import { kindOfPlace } from '../src/mapping/reading.ts';

const root = new URL('../', import.meta.url);
const place = { mappings: new URL('mappings/', root), fixtures: new URL('fixtures/', root) };
const names = [...(await loadMappings()).keys()];

describe.each(names)('%s', (name) => {
  test('everything that is held of a mapping folder', { timeout: 60_000 }, async () => {
    const findings = await checkMapping(name, place);
    expect(findings.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
  });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command as an engineer runs it, in a process of its own. */
function mapping(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const script = fileURLToPath(new URL('scripts/mapping.ts', root));
    execFile(process.execPath, [script, ...args], { maxBuffer: 10_000_000 }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

test('a place is counted without numbers, of FHIR by its own resource; a value that strayed into a name is not named', () => {
  const bundle = { resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Patient', contact: [{}] } }] };
  for (const [path, kind] of [
    ['Bundle.entry[0].resource.contact[1].relationship', 'Patient.contact.relationship'],
    ['Bundle.entry[9].resource.identifier', 'Bundle.entry.resource.identifier'],
    ['Bundle.type', 'Bundle.type'],
    ['TXT[8]-1', 'TXT-1'],
    ['PID-3[2].4', 'PID-3.4'],
    ['patient.phones[1]', 'patient.phones'],
    ['patient["Mevrouw de Vries"]', '?'],
    ['patient.bsn999990019', '?'],
  ] as const)
    expect([path, kindOfPlace(path, path.startsWith('Bundle') ? bundle : {})]).toEqual([path, kind]);
});

describe('the command', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kortelijn-mapping-'));
    await mkdir(join(folder, 'mappings'));
    await mkdir(join(folder, 'fixtures'));
    // A new folder imports from the checkout that it stands in.
    for (const one of ['src', 'node_modules']) await symlink(fileURLToPath(new URL(one, root)), join(folder, one));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const message = () => join(folder, 'fixtures/acme-taken/0-received.json');
  const change = async (file: string, from: string | RegExp, to: string) => {
    const path = join(folder, file);
    const before = await readFile(path, 'utf8');
    const after = before.replace(from, to);
    expect(after).not.toBe(before);
    await writeFile(path, after);
    return () => writeFile(path, before);
  };

  test('makes a folder that passes its check, once', async () => {
    expect(await mapping('new', 'acme', '--in', folder)).toMatchObject({ code: 0, err: '' });
    const checked = await mapping('check', 'acme', '--in', folder);
    expect(checked).toMatchObject({ code: 0, err: '' });
    expect(checked.out).not.toContain('WRONG');
    expect(await mapping('new', 'acme', '--in', folder)).toMatchObject({ code: 2, out: '' });
    expect(await mapping('new', '../acme', '--in', folder)).toMatchObject({ code: 2, out: '' });
    const loaded = await loadMappings(pathToFileURL(`${folder}/mappings/`));
    expect([...loaded.keys()]).toEqual(['acme']);
  });

  test('says everything that is wrong with a folder', async () => {
    const to = 'mappings/acme/to-referral.ts';
    const readme = 'mappings/acme/README.md';
    const backs = [
      await change(to, '...unknownIn(gathered.message, message),', ''),
      await change(to, "translate('life-area'", "translate('area'"),
      await change(readme, '## Lost', '## Rest'),
      await change(readme, /$/, '\n```silent\ntext  nobody reads it\nroom\n```\n'),
    ];
    await rm(join(folder, 'fixtures/acme-refused'), { recursive: true });
    const checked = await mapping('check', 'acme', '--in', folder);
    for (const back of backs.reverse()) await back();
    expect(checked.code).toBe(1);
    for (const said of [
      'acme-taken/0-received.json: colour',
      'codes/life-area.json is never used',
      'codes/area.json is missing',
      'what is lost',
      'no case of it is refused',
      'text is in no case',
      'room has no reason',
    ])
      expect(checked.out).toContain(said);
  });

  test('says why a folder does not load', async () => {
    const back = await change('mappings/acme/to-referral.ts', "name: 'acme'", "name: 'other'");
    const checked = await mapping('check', 'acme', '--in', folder);
    await back();
    expect(checked).toMatchObject({ code: 1, err: '' });
    expect(checked.out).toContain('does not export the format acme');
  });

  test('a silent place with its reason is no fault', async () => {
    const backs = [
      await change('mappings/acme/to-referral.ts', '...unknownIn(gathered.message, message),', ''),
      await change('mappings/acme/README.md', /$/, '\n```silent\ncolour  nobody needs a colour\n```\n'),
    ];
    const checked = await mapping('check', 'acme', '--in', folder);
    for (const back of backs) await back();
    expect(checked.out).not.toContain('colour');
  });

  test('tries a message: what it becomes, what is lost, what the Wally sees, what its sender is told', async () => {
    const tried = await mapping('try', 'acme', message(), '--in', folder);
    expect(tried).toMatchObject({ code: 0, err: '' });
    for (const said of [
      'patient.birthDate',
      'colour',
      'kept-with-source',
      'ServiceRequest',
      'What the Wally sees',
      'belt',
    ])
      expect(tried.out).toContain(said);
    // Whoever reads it in a file sees no escape codes.
    expect(tried.out.includes('\u001b')).toBe(false);
  });

  test('tries a message that is refused, and says what to do with one that is not there', async () => {
    const file = join(folder, 'refused.json');
    const { consent: _consent, ...rest } = JSON.parse(await readFile(message(), 'utf8')) as { consent: unknown };
    await writeFile(file, JSON.stringify(rest));
    const refused = await mapping('try', 'acme', file, '--in', folder);
    expect(refused.code).toBe(1);
    expect(refused.out).toContain('consent-missing');
    expect(await mapping('try', 'acme', join(folder, 'nothing.json'), '--in', folder)).toMatchObject({ code: 2 });
    expect(await mapping('try', 'nobody', message(), '--in', folder)).toMatchObject({ code: 2 });
    expect(await mapping()).toMatchObject({ code: 2 });
  });
});
