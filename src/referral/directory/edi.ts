import type { Endpoint } from '@medplum/fhirtypes';
import { extensions } from '../../fhir/systems.ts';

/** The mailbox that a practice sends EDIFACT from. The mail gateway vouches that nobody else can send from it. */
export interface EdiSender {
  readonly practice: string;
  /** UNB-2: its mailbox number, nine digits with ZorgMail. */
  readonly address: string;
  /** The characters that its system really writes, where UNB says another set: `8859/1`, `WINDOWS-1252` or `CP850`. */
  readonly charset?: string;
}

/**
 * Who may send from the mailbox of an endpoint: the number of its extension medvri-mailbox, to which feedback goes too, and
 * what its part `writes` says of its characters; undefined when it has none.
 */
export function ediSenderOf(endpoint: Endpoint, practice: string): EdiSender | undefined {
  const parts = endpoint.extension?.find((one) => one.url === extensions.medvriMailbox)?.extension;
  const text = (name: string) => {
    const one = parts?.find((part) => part.url === name);
    return one?.valueString ?? one?.valueCode;
  };
  const [address, charset] = [text('number'), text('writes')];
  return address ? { practice, address, ...(charset && { charset }) } : undefined;
}

/** Whose mailbox a number is; undefined for a stranger's, and when two practices claim it: then nobody knows whose it is. */
export function findSender(
  practices: Iterable<{ readonly ediSenders?: readonly EdiSender[] }>,
  address: string,
): EdiSender | undefined {
  const found = [...practices].flatMap((one) => one.ediSenders ?? []).filter((one) => one.address === address);
  return address !== '' && new Set(found.map((one) => one.practice)).size === 1 ? found[0] : undefined;
}
