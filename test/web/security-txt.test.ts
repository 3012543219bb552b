import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { settings } from '../../src/settings.ts';
import { securityTxt } from '../../src/web/security-txt.ts';

const now = new Date('2026-11-23T09:30:00Z');

async function get(contact: string | undefined): Promise<Response> {
  const app = express().use(securityTxt(contact, 'https://k.example', () => now));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/security.txt`, {
    headers: { connection: 'close' },
  });
}

test('says where a weakness can be reported, until a day less than a year ahead (RFC 9116)', async () => {
  const answer = await get('mailto:veilig@kortelijn.example');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  const fields = (await answer.text()).trimEnd().split('\n');
  expect(fields).toEqual([
    'Contact: mailto:veilig@kortelijn.example',
    'Expires: 2027-10-19T00:00:00.000Z',
    'Preferred-Languages: nl, en',
    'Canonical: https://k.example/.well-known/security.txt',
  ]);
});

test('is not there when nobody is named, and a contact cannot smuggle in a line', async () => {
  expect((await get(undefined)).status).toBe(404);
  const contact = settings.SECURITY_CONTACT.schema;
  for (const wrong of ['veilig@kortelijn.example', 'mailto:a@b.c\nExpires: 2099', 'https://a b', 'http://a.example'])
    expect(contact.safeParse(wrong).success).toBe(false);
  for (const right of ['mailto:a@b.example', 'https://a.example/veilig'])
    expect(contact.safeParse(right).success).toBe(true);
});
