import express, { type Router } from 'express';

const validDays = 330;
const path = '/.well-known/security.txt';

/**
 * RFC 9116: where a weakness can be reported. `contact` is a mailto: or https: address; Expires is always less than a year
 * ahead, by whole days, so that a page that nobody serves any more is known to be old. Without a contact there is no page.
 */
export function securityTxt(contact: string | undefined, publicUrl: string, clock: () => Date): Router {
  const router = express.Router();
  if (!contact) return router;
  router.get(path, (_request, response) => {
    const expires = new Date(clock().getTime() + validDays * 86_400_000);
    expires.setUTCHours(0, 0, 0, 0);
    response
      .type('text/plain; charset=utf-8')
      .send(
        [
          `Contact: ${contact}`,
          `Expires: ${expires.toISOString()}`,
          'Preferred-Languages: nl, en',
          `Canonical: ${publicUrl}${path}`,
          '',
        ].join('\n'),
      );
  });
  return router;
}
