import type { Said } from '../fhir/outcome.ts';
import type { Finished } from '../identity/relying.ts';

export type Unfinished = Exclude<Finished, { ok: true }>['why'];

/** What people read when a log-in came to nothing, by why. */
export const unfinished: Record<Unfinished, readonly [status: number, text: Said]> = {
  expired: [
    400,
    { nl: 'Deze inlogpagina is verlopen of al gebruikt.', en: 'This sign-in page has expired or was used before.' },
  ],
  refused: [
    403,
    { nl: 'U bent niet ingelogd. Probeer het nog een keer.', en: 'You are not signed in. Please try again.' },
  ],
  'too-weak': [
    403,
    {
      nl: 'U moet inloggen met een extra stap, zoals een code op uw telefoon. Kunt u dat nog niet? Vraag uw eigen beheerder om hulp.',
      en: 'You must sign in with an extra step, such as a code on your phone. You cannot do that yet? Ask your own administrator.',
    },
  ],
  unreachable: [
    503,
    {
      nl: 'Inloggen kan nu even niet. Probeer het over een paar minuten.',
      en: 'Signing in is not possible right now. Try again in a few minutes.',
    },
  ],
  'unknown-role': [
    403,
    {
      nl: 'Uw account heeft in Kortelijn nog geen rol. Vraag de beheerder van de regio om hulp.',
      en: 'Your account has no role in Kortelijn yet. Ask the administrator of the region.',
    },
  ],
};
