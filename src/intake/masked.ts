import { readInterchange } from '../edifact/interchange.ts';
import { maskEdifact } from '../edifact/mask.ts';
import { type Masked, maskJson } from '../fhir/mask.ts';
import { decodeBytes } from '../hl7v2/charset.ts';
import { maskHl7 } from '../hl7v2/mask.ts';
import { parseMessage } from '../hl7v2/message.ts';

/** The structure of a received message without its values; undefined when it cannot be read as what its door takes. */
export function maskedMessage(door: string, body: Buffer): Masked[] | undefined {
  if (door === 'mllp') {
    const message = parseMessage(decodeBytes(body, '8859/1') ?? '', '8859/1');
    return 'unreadable' in message ? undefined : maskHl7(message);
  }
  if (door === 'maildrop') {
    const interchange = readInterchange(body);
    return 'unreadable' in interchange ? undefined : maskEdifact(interchange);
  }
  try {
    return maskJson(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}
