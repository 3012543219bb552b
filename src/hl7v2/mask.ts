import { type Masked, maskCode, maskedMax, maskText } from '../fhir/mask.ts';
import type { Message } from './message.ts';

/** Fields that say what a message is and how it wants to be answered, nothing of what is in it. */
const plain = new Set(['MSH-9', 'MSH-11', 'MSH-12', 'MSH-15', 'MSH-16', 'MSH-18']);

/** An HL7 v2 message as its segments and fields with the length of each; at most `maskedMax` places. */
export function maskHl7(message: Message): Masked[] {
  const { component } = message.delimiters;
  return message.segments
    .flatMap(({ name, occurrence, fields }) => {
      const segment = /^[A-Z][A-Z0-9]{2}$/.test(name) ? name : '?';
      const place = occurrence > 1 ? `${segment}(${occurrence})` : segment;
      return fields.flatMap((field, nth) => {
        // The delimiters themselves, and what the array begins with: HL7 counts from 1.
        if (nth === 0 || field === '' || (segment === 'MSH' && nth < 3)) return [];
        const isPlain = plain.has(`${segment}-${nth}`);
        return field.split(component).flatMap((part, at) => {
          const path = `${place}-${nth}${field.includes(component) ? `.${at + 1}` : ''}`;
          if (part === '') return [];
          return [isPlain ? maskCode(path, part) : maskText(path, part)];
        });
      });
    })
    .slice(0, maskedMax);
}
