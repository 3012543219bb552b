import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type MailCatcher, startMailCatcher } from '../../demo/mail.ts';
import { type MailSettings, notifyMailConnector } from '../../src/connectors/notify-mail.ts';
import type { Parcel } from '../../src/delivery/connector.ts';
import { Failure } from '../../src/delivery/failure.ts';
import { freePort } from '../doubles/made.ts';

const parcel: Parcel = {
  messageId: '01a2',
  kind: 'notify',
  ambiguous: false,
  mail: { to: 'wally@voorbeeld.example', role: 'wally' },
};

async function catcher(): Promise<MailCatcher> {
  const mail = await startMailCatcher({ port: 0 });
  onTestFinished(() => mail.close());
  return mail;
}

async function sent(
  port: number,
  change: Partial<Parcel> = {},
  settings: Partial<MailSettings> = {},
  timeoutMs = 8_000,
): Promise<unknown[]> {
  const connector = notifyMailConnector(
    { host: '127.0.0.1', port, from: 'Kortelijn <k@kortelijn.example>', secure: false, ...settings },
    'https://kortelijn.example',
  );
  onTestFinished(() => connector.close());
  return connector.send({ ...parcel, ...change }, AbortSignal.timeout(timeoutMs)).then(
    (receipt): unknown[] => [receipt.proof],
    (error: unknown) => (error instanceof Failure ? [error.kind, error.code] : [error]),
  );
}

describe('the notice', () => {
  test('says that something waits and where, to whom it is meant for, and nothing more', async () => {
    const mail = await catcher();
    expect(await sent(mail.port)).toEqual(['transport']);
    expect(await sent(mail.port, { mail: { to: 'lead@voorbeeld.example', role: 'team-lead' } })).toEqual(['transport']);
    const [first, second] = mail.mails();
    expect([first?.to, second?.to]).toEqual([['wally@voorbeeld.example'], ['lead@voorbeeld.example']]);
    expect(first?.text).toContain('https://kortelijn.example/worklist');
    expect(second?.text).toContain('https://kortelijn.example/team');
    const raw = Buffer.from(first?.raw ?? '', 'base64').toString();
    expect(raw).toMatch(/^Message-ID: <01a2@kortelijn>/m);
    expect(raw).toMatch(/^Auto-Submitted: auto-generated/m);
    expect(first?.attachments).toEqual([]);
    expect(first?.subject).toBe('Kortelijn: er wacht iets op u');
  });

  test('sent again has the same Message-ID, so that a mail server can see a repeat', async () => {
    const mail = await catcher();
    await sent(mail.port);
    await sent(mail.port, { ambiguous: true });
    const ids = mail.mails().map((one) => /^Message-ID: (\S+)/m.exec(Buffer.from(one.raw, 'base64').toString())?.[1]);
    expect(new Set(ids).size).toBe(1);
    expect(ids).toHaveLength(2);
  });
});

describe('a mail server', () => {
  test.each([
    ['temporary', ['transient', 'mail-deferred']],
    ['permanent', ['permanent', 'mail-rejected']],
    ['cut', ['transient', 'unreachable']],
  ] as const)('that answers %s', async (mode, failure) => {
    const mail = await catcher();
    mail.mode = mode;
    expect(await sent(mail.port)).toEqual(failure);
  });

  test('that is not there', async () => {
    expect(await sent(await freePort())).toEqual(['transient', 'unreachable']);
  });

  test('that refuses our own password says nothing about the mail: it is tried again, not given up', async () => {
    const server = new SMTPServer({
      authOptional: false,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      logger: false,
      onAuth: (_auth, _session, done) => done(Object.assign(new Error('Wrong'), { responseCode: 535 })),
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const { port } = server.server.address() as AddressInfo;
    expect(await sent(port, {}, { user: 'kortelijn', password: 'wrong' })).toEqual(['transient', 'unauthorised']);
  });

  test('that accepts the connection and then falls silent does not outlive the attempt', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    expect(await sent(port, {}, {}, 300)).toEqual(['ambiguous', 'timeout']);
  });

  test('gets no mail without an address, or with one that cannot be', async () => {
    const mail = await catcher();
    const { mail: _none, ...bare } = parcel;
    const connector = notifyMailConnector(
      { host: '127.0.0.1', port: mail.port, from: 'k@localhost', secure: false },
      'https://kortelijn.example',
    );
    onTestFinished(() => connector.close());
    await expect(connector.send(bare, AbortSignal.timeout(5_000))).rejects.toMatchObject({
      kind: 'permanent',
      code: 'no-address',
    });
    expect(await sent(mail.port, { mail: { to: 'no address at all', role: 'wally' } })).toEqual([
      'permanent',
      'no-address',
    ]);
    expect(mail.mails()).toEqual([]);
  });
});
