import { type Masked, maskCode, maskedMax, maskText } from '../fhir/mask.ts';
import type { Interchange } from './interchange.ts';

/** An interchange as its messages, segments and elements with the length of each; at most `maskedMax` places. */
export function maskEdifact({ envelope, messages }: Interchange): Masked[] {
  return [
    maskCode('UNB-1', `${envelope.syntax} ${envelope.version}`),
    maskText('UNB-2', envelope.sender),
    maskText('UNB-3', envelope.receiver),
    maskText('UNB-5', envelope.controlReference),
    ...messages.flatMap(({ type, version, segments }) => [
      maskCode('UNH-2', `${type} ${version}`),
      ...segments.flatMap(({ tag, occurrence, elements }) =>
        elements.flatMap((element, nth) =>
          element.flatMap((value, part) => {
            const place = `${/^[A-Z][A-Z0-9]{2}$/.test(tag) ? tag : '?'}(${occurrence})-${nth + 1}.${part + 1}`;
            return value === '' ? [] : [maskText(place, value)];
          }),
        ),
      ),
    ]),
  ].slice(0, maskedMax);
}
