// npm run sbom -- --out <file>    what the service runs on, as CycloneDX, out of the lock file of this very installation
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { command } from './open-record.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const bytesMax = 64 * 1024 * 1024;

const property = z.object({ name: z.string(), value: z.string() });
const component = z.looseObject({
  'bom-ref': z.string(),
  name: z.string(),
  version: z.string(),
  purl: z.string().startsWith('pkg:npm/'),
  properties: z.array(property).default([]),
  externalReferences: z.array(z.looseObject({ url: z.string() })).optional(),
});
/** As much of CycloneDX as must be there for anybody to work with it. */
export const bom = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  components: z.array(component),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
});

const locked = z.object({ packages: z.record(z.string(), z.object({ devOptional: z.boolean().optional() })) });

/** A tool, or what a tool brings and production can do without (an optional peer): the image leaves both out. */
function isTool(
  { name, properties }: z.infer<typeof component>,
  packages: z.infer<typeof locked>['packages'],
): boolean {
  const isDevelopment = properties.some((one) => one.name === 'cdx:npm:package:development' && one.value === 'true');
  return isDevelopment || packages[`node_modules/${name}`]?.devOptional === true;
}

/** CycloneDX wants an IRI, and packages name their place as git does (`git@host:path`). */
const asIri = (url: string) => url.replace(/^([\w.-]+@[\w.-]+):(?!\/)/, 'ssh://$1/');

function withIris(one: z.infer<typeof component>): z.infer<typeof component> {
  const { externalReferences } = one;
  if (!externalReferences) return one;
  return { ...one, externalReferences: externalReferences.map((to) => ({ ...to, url: asIri(to.url) })) };
}

/**
 * The SBOM of what runs in production, out of npm's; throws when that is not one. Tools are taken out here: with its own
 * `--omit dev` npm also leaves out what a tool and the service share.
 */
export async function readBom(): Promise<z.infer<typeof bom>> {
  const args = ['sbom', '--sbom-format', 'cyclonedx'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root, maxBuffer: bytesMax });
  const whole = bom.parse(JSON.parse(stdout));
  const { packages } = locked.parse(JSON.parse(await readFile(`${root}package-lock.json`, 'utf8')));
  const tools = new Set(whole.components.filter((one) => isTool(one, packages)).map((one) => one['bom-ref']));
  return {
    ...whole,
    components: whole.components.filter((one) => !tools.has(one['bom-ref'])).map(withIris),
    dependencies: whole.dependencies
      .filter((one) => !tools.has(one.ref))
      .map((one) => ({ ...one, dependsOn: one.dependsOn.filter((ref) => !tools.has(ref)) })),
  };
}

if (import.meta.main)
  await command(async () => {
    const { values } = parseArgs({ options: { out: { type: 'string' } } });
    if (!values.out) throw new Error('npm run sbom -- --out <file>');
    const made = await readBom();
    await writeFile(values.out, `${JSON.stringify(made, undefined, 2)}\n`);
    process.stdout.write(`${made.components.length} components\n`);
  });
