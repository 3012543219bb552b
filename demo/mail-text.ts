/** Just enough MIME (RFC 2045–2047) to read the mails a system sends: headers, text, attachments. */

export interface MailPart {
  readonly contentType: string;
  readonly filename?: string;
  readonly bytes: Buffer;
}

interface Entity {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

function entity(raw: Buffer): Entity {
  const end = raw.indexOf('\r\n\r\n');
  const head = raw.subarray(0, end < 0 ? raw.length : end).toString('latin1');
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, body: end < 0 ? Buffer.alloc(0) : raw.subarray(end + 4) };
}

function parameter(header: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(header);
  return found?.[1] ?? found?.[2];
}

function quotedPrintable(text: string): Buffer {
  const joined = text.replace(/=\r?\n/g, '');
  return Buffer.from(
    joined.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

function decoded(body: Buffer, encoding: string | undefined): Buffer {
  if (/^base64$/i.test(encoding ?? '')) return Buffer.from(body.toString('latin1'), 'base64');
  if (/^quoted-printable$/i.test(encoding ?? '')) return quotedPrintable(body.toString('latin1'));
  return body;
}

const inCharset = (bytes: Buffer, charset: string | undefined) =>
  /^(utf-?8|us-ascii)$/i.test(charset ?? 'utf-8') ? bytes.toString('utf8') : bytes.toString('latin1');

/** A header with encoded words ("=?UTF-8?Q?…?=") as readable text. */
export function headerText(value: string): string {
  return value
    .replace(/(\?=)\s+(=\?)/g, '$1$2')
    .replace(/=\?([^?]+)\?([bq])\?([^?]*)\?=/gi, (_, charset: string, kind: string, text: string) => {
      const bytes = kind.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : quotedPrintable(text.replace(/_/g, ' '));
      return inCharset(bytes, charset);
    });
}

function partsOf({ headers, body }: Entity): MailPart[] {
  const type = headers.get('content-type') ?? 'text/plain';
  const boundary = /^multipart\//i.test(type) ? parameter(type, 'boundary') : undefined;
  if (boundary !== undefined) {
    const pieces = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`).slice(1);
    return pieces
      .filter((one) => !one.startsWith('--'))
      .flatMap((one) => partsOf(entity(Buffer.from(one.replace(/^[ \t]*\r\n/, ''), 'latin1'))));
  }
  const bytes = decoded(body, headers.get('content-transfer-encoding'));
  const disposition = headers.get('content-disposition') ?? '';
  const filename = parameter(disposition, 'filename') ?? parameter(type, 'name');
  return [{ contentType: type, ...(filename !== undefined && { filename: headerText(filename) }), bytes }];
}

/** Subject, text (the plain part first) and attachments of a raw mail. Never throws: what it cannot read stays as it is. */
export function readMail(raw: Buffer): { subject: string; text: string; attachments: MailPart[] } {
  const whole = entity(raw);
  const parts = partsOf(whole);
  const readable = (kind: string) =>
    parts.find((one) => !one.filename && one.contentType.toLowerCase().startsWith(kind));
  const text = readable('text/plain') ?? readable('text/');
  return {
    subject: headerText(whole.headers.get('subject') ?? ''),
    text: text ? inCharset(text.bytes, parameter(text.contentType, 'charset')).replace(/\r\n/g, '\n').trimEnd() : '',
    attachments: parts.filter(
      (one) => one.filename !== undefined || !one.contentType.toLowerCase().startsWith('text/'),
    ),
  };
}
