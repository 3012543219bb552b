import { readdir, readFile } from 'node:fs/promises';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';

/** A case of a format: what its messages are and what became of them. */
export interface Case {
  readonly name: string;
  readonly practice: string;
  /** When the first message comes in. */
  readonly now: string;
  readonly agreement?: ConsentAgreement;
  readonly messages: readonly { readonly file: string; readonly bytes: Uint8Array }[];
  readonly isTaken: boolean;
  readonly isRefused: boolean;
}

/** The doors that were there before case.json named a format. */
const ofDoor: Readonly<Record<string, string>> = { fhir: 'fhir-r4', mllp: 'hl7v2-ref' };

/** HL7 v2 stands in a file with a segment on each line; on the wire each ends in CR. Other bytes go as they are. */
export const toWire = (file: string, bytes: Buffer): Uint8Array =>
  file.endsWith('.hl7')
    ? Buffer.from(`${bytes.toString('latin1').trimEnd().replaceAll(/\r?\n/g, '\r')}\r`, 'latin1')
    : bytes;

/** The cases of one format in a folder of fixtures, in alphabetical order. */
export async function casesOf(format: string, folder: URL): Promise<Case[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((one) => one.isDirectory() && one.name !== 'region').map((one) => one.name);
  const all = await Promise.all(
    names.sort().map(async (name): Promise<Case[]> => {
      const here = new URL(`${name}/`, folder);
      const files = (await readdir(here)).sort();
      if (!files.includes('case.json')) return [];
      const said = JSON.parse(await readFile(new URL('case.json', here), 'utf8')) as {
        format?: string;
        practice: string;
        now: string;
        agreement?: ConsentAgreement;
      };
      if ((said.format ?? ofDoor[name.split('-')[0] ?? '']) !== format) return [];
      const received = files.filter((file) => file.startsWith('0-received'));
      return [
        {
          name,
          practice: said.practice,
          now: said.now,
          ...(said.agreement && { agreement: said.agreement }),
          messages: await Promise.all(
            received.map(async (file) => ({ file, bytes: toWire(file, await readFile(new URL(file, here))) })),
          ),
          isTaken: files.some((file) => file.startsWith('2-answer')),
          isRefused: files.some((file) => file.startsWith('1-refused')),
        },
      ];
    }),
  );
  return all.flat();
}
