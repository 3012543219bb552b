/** A place that a README says is read and not carried, so that nobody is told, and why. */
export interface Silent {
  readonly pattern: string;
  readonly why: string;
  readonly matches: (kind: string) => boolean;
}

/**
 * The lines of the blocks ```silent of a README: a place without numbers (`PID-5.7`, `Consent.scope`: of FHIR from its own
 * resource on), two spaces, and why nobody needs to be told. A place stands for everything in it.
 */
export function silentOf(readme: string): Silent[] {
  const blocks = [...readme.matchAll(/^```silent\n([\s\S]*?)^```/gm)].map((found) => found[1] ?? '');
  const lines = blocks.flatMap((block) => block.split('\n')).filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [pattern = '', ...why] = line.trim().split(/\s{2,}/);
    const matches = (kind: string) =>
      kind === pattern || (kind.startsWith(pattern) && /^[.-]/.test(kind.slice(pattern.length)));
    return { pattern, why: why.join(' '), matches };
  });
}
