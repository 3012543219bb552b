import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { isCrossSite } from './access.ts';
import { cookieName, cookieOptions, readCookie } from './sessions.ts';

/** Long enough to read and to write an answer, and no longer: the link lets in again with its code. */
export const linkSessionMs = 30 * 60_000;
const cookie = 'kl_link';

/** The session of who came in by a link; undefined when there is none. */
export const linkSessionOf = (request: Request, publicUrl: string): string | undefined =>
  readCookie(request, cookieName(publicUrl, cookie));

/** Strict: nothing but our own pages may make a browser use it. */
export function setLinkSession(response: Response, publicUrl: string, token: string): void {
  response.cookie(cookieName(publicUrl, cookie), token, { ...cookieOptions(publicUrl), sameSite: 'strict' });
}

export function clearLinkSession(response: Response, publicUrl: string): void {
  response.clearCookie(cookieName(publicUrl, cookie), { ...cookieOptions(publicUrl), sameSite: 'strict' });
}

/** What a form must carry: made from what only this browser and its mail know. */
export const formToken = (key: Buffer, secret: string): string =>
  createHmac('sha256', key).update(`link\0${secret}`).digest('base64url');

/** Whether a POST comes from a page of ours that was made for this secret. */
export function isOwnForm(request: Request, publicUrl: string, key: Buffer, secret: string): boolean {
  if (isCrossSite(request, publicUrl)) return false;
  const given = (request.body as { csrf?: unknown } | undefined)?.csrf;
  const [a, b] = [Buffer.from(typeof given === 'string' ? given : ''), Buffer.from(formToken(key, secret))];
  return a.length === b.length && timingSafeEqual(a, b);
}
