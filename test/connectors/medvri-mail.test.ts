import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type MailboxSettings, medvriMailConnector } from '../../src/connectors/medvri-mail.ts';
import type { Parcel } from '../../src/delivery/connector.ts';
import { Failure } from '../../src/delivery/failure.ts';
import { readInterchange } from '../../src/edifact/interchange.ts';
import { readMedvri } from '../../src/edifact/medvri.ts';
import { loadLetterWriter } from '../../src/mapping/load-writer.ts';
import { feedbackLetter, messageId } from '../doubles/feedback.ts';
import { freePort } from '../doubles/made.ts';

const letter = `Zoë eet elke woensdag mee – met “plezier”, € 3,50 per keer; dat is een lange eerste regel.

Wat u hoeft te doen: niets.`;
const mailbox = { number: '500000002', charset: 'ASCII', endsAtGp: true, practice: 'Praktijk Voorbeeldkade' } as const;
const write = await loadLetterWriter();

interface Got {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
}

/** A mail server of the network; `more` is what it does otherwise. Gives its port and what it took. */
async function openServer(more: SMTPServerOptions = {}): Promise<{ port: number; got: Got[] }> {
  const got: Got[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const to = rcptTo.map((one) => one.address);
        got.push({ from: mailFrom ? mailFrom.address : '', to, raw: Buffer.concat(parts).toString('latin1') });
        done();
      });
    },
    ...more,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, got };
}

async function sent(
  port: number,
  change: Partial<Parcel> = {},
  settings: Partial<MailboxSettings> = {},
  timeoutMs = 8_000,
): Promise<unknown> {
  const connector = medvriMailConnector({
    host: '127.0.0.1',
    port,
    tls: 'off',
    from: 'kortelijn@postbus.example',
    number: '500000001',
    domains: new Set(['postbus.example']),
    write,
    ...settings,
  });
  onTestFinished(() => connector.close());
  const parcel: Parcel = {
    messageId,
    kind: 'feedback',
    ambiguous: false,
    document: feedbackLetter(letter),
    address: 'mailto:kade@postbus.example',
    mailbox: { ...mailbox, bsn: '999990019' },
    ...change,
  };
  return connector.send(parcel, AbortSignal.timeout(timeoutMs)).catch((error: unknown) => {
    return error instanceof Failure ? `${error.kind} ${error.code}` : error;
  });
}

/** The one attachment of a mail, as bytes. */
function attachmentOf(raw: string): Buffer {
  const part = /Content-Disposition: attachment[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/.exec(raw)?.[1] ?? '';
  return Buffer.from(part, 'base64');
}

/** The interchange in a mail, read back by our own reader. */
function medvriIn(raw: string) {
  const read = readInterchange(attachmentOf(raw));
  if ('unreadable' in read) throw new Error(read.unreadable);
  const message = read.messages[0];
  const found = message && readMedvri(read, message);
  if (!found || 'unreadable' in found) throw new Error('no MEDVRI');
  return found;
}

describe('a letter in an EDIFACT mailbox', () => {
  test('is the only thing in a mail that says nothing about anybody', async () => {
    const { port, got } = await openServer();
    expect(await sent(port)).toMatchObject({ proof: 'transport' });
    const [mail] = got;
    expect(mail).toMatchObject({ from: 'kortelijn@postbus.example', to: ['kade@postbus.example'] });
    const raw = mail?.raw ?? '';
    expect(raw).toMatch(new RegExp(`^Message-ID: <${messageId}@kortelijn>`, 'im'));
    const around = raw.replace(/Content-Disposition: attachment[\s\S]*/, '');
    for (const word of ['Heuvel', '1948', '999990019', 'woensdag', '2026-000123', 'KL-', 'Sanne', 'Kade'])
      expect(around).not.toContain(word);
    expect(raw.match(/Content-Disposition/g)).toHaveLength(1);
  });

  test('says from which mailbox to which, who wrote it, about whom, and the whole letter', async () => {
    const { port, got } = await openServer();
    await sent(port);
    const { envelope, sender, patient, receiver, lines, ...rest } = medvriIn(got[0]?.raw ?? '');
    expect(envelope).toMatchObject({ sender: '500000001', receiver: '500000002' });
    expect(rest).toMatchObject({ writtenDay: '2026-11-23', writtenMinute: '10:00', unknown: [], oddities: [] });
    expect(sender).toMatchObject({
      name: 'Sanne Verhoeven',
      department: 'Sociaal werker (Wally)',
      institution: 'Sociaal Werk Voorbeeldstreek',
      phone: '06-00001011',
    });
    expect(patient).toMatchObject({
      birthDay: '1948-03-12',
      name: { family: 'Heuvel', prefix: 'van den', given: 'Zoe' },
      senderReference: 'KLABCDEFGHJK',
      bsn: '999990019',
    });
    expect(receiver).toMatchObject({ name: 'Praktijk Voorbeeldkade' });
    const texts = lines.map((one) => one.text);
    expect(texts.slice(0, 3)).toEqual([
      'Terugkoppeling Wally, uw verwijzing 2026-000123',
      'Nummer bij Kortelijn KL-ABCDE-FGHJK',
      '',
    ]);
    expect(texts.slice(3).join(' ')).toBe(
      'Zoe eet elke woensdag mee - met "plezier", EUR 3,50 per keer; dat is een lange eerste regel.  Wat u hoeft te doen: niets.',
    );
    expect(Math.max(...texts.map((one) => one.length))).toBeLessThanOrEqual(70);
    expect(texts.join(' ')).not.toContain('999990019');
  });

  test('has no diacritics and counts what that cost; in Latin-1 where the mailbox reads it', async () => {
    const { port, got } = await openServer();
    const receipt = await sent(port);
    // Zoë twice, a dash, two quotes and the euro.
    expect(receipt).toEqual({ proof: 'transport', lost: 6 });
    expect(attachmentOf(got[0]?.raw ?? '').every((one) => one < 0x80)).toBe(true);
    await sent(port, { mailbox: { ...mailbox, charset: '8859/1' } });
    const latin = attachmentOf(got[1]?.raw ?? '').toString('latin1');
    expect(latin).toContain('UNOC:1');
    expect(latin).toContain('Zoë eet');
  });

  test('has a BSN only when it was given one', async () => {
    const { port, got } = await openServer();
    await sent(port, { mailbox });
    expect(medvriIn(got[0]?.raw ?? '').patient?.bsn).toBeUndefined();
    expect(attachmentOf(got[0]?.raw ?? '').toString('latin1')).not.toContain('BSN');
  });

  test('is the same mail and the same bytes when it is sent again', async () => {
    const { port, got } = await openServer();
    await sent(port);
    await sent(port, { ambiguous: true });
    const [one, other] = got.map(({ raw }) => [/^Message-ID: (\S+)/im.exec(raw)?.[1], attachmentOf(raw).toString()]);
    expect(one).toEqual(other);
  });
});

describe('its mail server', () => {
  const answering = (responseCode: number) =>
    openServer({ onRcptTo: (_to, _session, done) => done(Object.assign(new Error('no'), { responseCode })) });

  test.each([
    [550, 'permanent mail-rejected'],
    [452, 'transient mail-deferred'],
  ])('%i is %s', async (code, expected) => {
    const { port } = await answering(code);
    expect(await sent(port)).toBe(expected);
  });

  test('that is not there', async () => {
    expect(await sent(await freePort())).toBe('transient unreachable');
  });

  test('without TLS gets nothing when TLS is asked for', async () => {
    const { port, got } = await openServer();
    expect(await sent(port, {}, { tls: 'starttls' })).toMatch(/^transient /);
    expect(got).toEqual([]);
  });

  test('that falls silent after the letter: nobody knows, and it ends in time', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.write('220 mailbox ESMTP\r\n');
      socket.on('data', (chunk: Buffer) => {
        const said = chunk.toString('latin1');
        if (said.startsWith('EHLO')) socket.write('250 mailbox\r\n');
        else if (/^(MAIL|RCPT)/.test(said)) socket.write('250 ok\r\n');
        else if (said.startsWith('DATA')) socket.write('354 go on\r\n');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    expect(await sent((server.address() as AddressInfo).port, {}, {}, 500)).toBe('ambiguous timeout');
  });
});

describe('what never leaves', () => {
  test.each([
    ['an address outside the network', { address: 'mailto:kade@elders.example' }, 'permanent host-not-allowed'],
    ['a domain that only ends like it', { address: 'mailto:kade@nepostbus.example' }, 'permanent host-not-allowed'],
    ['two addresses', { address: 'mailto:a@postbus.example,b@elders.example' }, 'permanent no-address'],
    ['headers in an address', { address: 'mailto:kade@postbus.example?cc=x@elders.example' }, 'permanent no-address'],
    ['no mail address', { address: 'http://postbus.example' }, 'permanent no-address'],
  ])('%s', async (_what, change, expected) => {
    const { port, got } = await openServer();
    expect(await sent(port, change)).toBe(expected);
    expect(got).toEqual([]);
  });
});
