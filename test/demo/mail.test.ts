import { createTransport } from 'nodemailer';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type MailCatcher, startMailCatcher } from '../../demo/mail.ts';
import { headerText } from '../../demo/mail-text.ts';
import { hisUnderTest, tempFolder } from './his-under-test.ts';

async function catcher(dataDir?: string): Promise<MailCatcher> {
  const mail = await startMailCatcher({ port: 0, ...(dataDir !== undefined && { dataDir }) });
  onTestFinished(() => mail.close());
  return mail;
}

const transport = (mail: MailCatcher) =>
  createTransport({ host: '127.0.0.1', port: mail.port, secure: false, ignoreTLS: true });

const long = 'Er staat een nieuwe verwijzing voor u klaar. Log in om te lezen. '.repeat(4).trim();
const message = {
  from: 'kortelijn@region.example',
  to: ['sanne@wally.example', 'team@wally.example'],
  subject: 'Nieuwe verwijzing – vóór donderdag één keer bellen',
  text: `${long}\n.\nGroet, Kortelijn é`,
  attachments: [{ filename: 'brief één.edi', content: "UNA:+.? '\r\nUNB", contentType: 'application/edifact' }],
};

describe('the mail catcher', () => {
  test('keeps a mail readable, over a restart, and shows it on /mail and /mail.json', async () => {
    const dataDir = await tempFolder();
    const mail = await catcher(dataDir);
    await transport(mail).sendMail(message);
    await transport(mail).sendMail({ ...message, subject: 'Tweede', attachments: [], html: '<p>niet dit</p>' });
    const [first, second] = mail.mails();
    expect(first).toMatchObject({ from: message.from, to: message.to, subject: message.subject, text: message.text });
    expect(first?.attachments).toMatchObject([{ filename: 'brief één.edi', contentType: 'application/edifact' }]);
    expect(Buffer.from(first?.attachments[0]?.base64 ?? '', 'base64').toString()).toBe("UNA:+.? '\r\nUNB");
    expect(second).toMatchObject({ subject: 'Tweede', text: message.text, attachments: [] });

    const again = await catcher(dataDir);
    expect(again.mails()).toEqual(mail.mails());
    const his = await hisUnderTest({ mails: again.mails });
    const page = await (await fetch(`${his.url}/mail`)).text();
    expect(page).toContain('vóór donderdag één keer bellen');
    expect(page).toContain('team@wally.example');
    expect(await (await fetch(`${his.url}/mail.json`)).json()).toEqual(again.mails());
  });

  test.each([
    ['temporary', 451],
    ['permanent', 550],
  ] as const)('refuses: %s', async (mode, code) => {
    const mail = await catcher();
    mail.mode = mode;
    await expect(transport(mail).sendMail(message)).rejects.toMatchObject({ responseCode: code });
    expect(mail.mails()).toEqual([]);
  });

  test('cut: the mail is kept and the sender never hears so', async () => {
    const mail = await catcher();
    mail.mode = 'cut';
    await expect(transport(mail).sendMail(message)).rejects.toThrow();
    expect(mail.mails()).toHaveLength(1);
  });

  test('reads headers as they are written', () => {
    expect(headerText('=?UTF-8?Q?E=C3=A9n_?= =?utf-8?B?dHdlZQ==?=')).toBe('Eén twee');
    expect(headerText('=?iso-8859-1?Q?=E9?= en zo')).toBe('é en zo');
  });
});
