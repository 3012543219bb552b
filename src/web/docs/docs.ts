import express, { type NextFunction, type Response, type Router } from 'express';
import { codePage, codesPage, mapsPage, profilePage, profilesPage } from './definitions.ts';
import { changelogPage, errorsPage, searchPage, statesPage } from './rules.ts';
import { clientsPage, doorsPage, startPage } from './start.ts';

const pages: Readonly<Record<string, () => string>> = {
  '/': startPage,
  '/doors': doorsPage,
  '/states': statesPage,
  '/profiles': profilesPage,
  '/codes': codesPage,
  '/maps': mapsPage,
  '/search': searchPage,
  '/errors': errorsPage,
  '/clients': clientsPage,
  '/changelog': changelogPage,
};

/** The guide for who connects a system, made from the definitions and the tables of the program itself. About nobody: no login. */
export function docsPages(): Router {
  const router = express.Router();
  /** A page is the same for everyone, so it is made once. */
  const made = new Map<string, string>();
  const show = (key: string, make: () => string | undefined, response: Response, next: NextFunction): void => {
    const text = made.get(key) ?? make();
    if (text === undefined) {
      next();
      return;
    }
    made.set(key, text);
    response.set('Cache-Control', 'public, max-age=300').type('html').send(text);
  };
  for (const [path, make] of Object.entries(pages))
    router.get(path, (_request, response, next) => show(path, make, response, next));
  router.get('/profiles/:id', ({ params: { id } }, response, next) =>
    show(`/profiles/${id}`, () => profilePage(id), response, next),
  );
  router.get('/codes/:id', ({ params: { id } }, response, next) =>
    show(`/codes/${id}`, () => codePage(id), response, next),
  );
  return router;
}
