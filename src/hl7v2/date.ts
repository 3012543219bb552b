const zone = 'Europe/Amsterdam';
const offsets = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
const local = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });

/** The offset of the Dutch clock at an instant, as +01:00 or +02:00. */
function offsetAt(instant: Date): string {
  const name = offsets.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? '';
  return name.slice('GMT'.length) || '+00:00';
}

const form =
  /^(?<year>\d{4})(?:(?<month>\d{2})(?:(?<day>\d{2})(?:(?<hour>\d{2})(?:(?<minute>\d{2})(?:(?<second>\d{2})(?:\.\d{1,4})?)?)?)?)?)?(?<offset>[+-]\d{4})?$/;

function exists(day: string): boolean {
  const instant = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(day) && Number(day.slice(0, 4)) >= 1800;
}

/**
 * The whole day of an HL7 date (DT, or the local day of a TS) as yyyy-mm-dd. Undefined when it is not a whole day, or a
 * day or time that does not exist: 20260230 is refused, never counted on into March.
 */
export function readDay(text: string): string | undefined {
  const found = form.exec(text.trim())?.groups;
  if (!found?.year || !found.month || !found.day) return undefined;
  const { hour = '00', minute = '00', second = '00' } = found;
  const day = `${found.year}-${found.month}-${found.day}`;
  return exists(day) && hour < '24' && minute < '60' && second < '60' ? day : undefined;
}

/**
 * An HL7 time stamp (at least a whole day) as ISO 8601 with offset. Without an offset it is Dutch time; a time that the
 * change to summer time skipped does not exist. Undefined for anything impossible.
 */
export function readInstant(text: string): string | undefined {
  const day = readDay(text);
  const found = form.exec(text.trim())?.groups;
  if (!day || !found) return undefined;
  const { hour = '00', minute = '00', second = '00', offset } = found;
  const clock = `${day}T${hour}:${minute}:${second}`;
  if (offset) {
    const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(3))];
    if (hours > 14 || minutes > 59) return undefined;
    return `${clock}${offset.slice(0, 3)}:${offset.slice(3)}`;
  }
  const right = ['+02:00', '+01:00'].find((one) => offsetAt(new Date(`${clock}${one}`)) === one);
  return right && `${clock}${right}`;
}

/** An instant as HL7 writes it, in Dutch time with its offset: 20261123100000+0100. */
export function writeInstant(instant: Date): string {
  return local.format(instant).replace(/\D/g, '') + offsetAt(instant).replace(':', '');
}

/** yyyy-mm-dd as HL7 writes it. */
export function writeDay(day: string): string {
  return day.replaceAll('-', '').slice(0, 8);
}
