import type { NextFunction, Request, Response } from 'express';
import { admit } from '../../src/intake/practice-key.ts';
import type { Scope } from '../../src/store/store.ts';

/** A Wally organisation's own case system, a Wally's own, and that of another organisation. */
export const teamToken = 'cases-of-voorbeeldstreek';
export const sanneToken = 'cases-of-sanne';
export const elsewhereToken = 'cases-of-elsewhere';

const systemsOf: Readonly<Record<string, Scope>> = {
  [teamToken]: { kind: 'team', team: 'voorbeeldstreek' },
  [sanneToken]: { kind: 'wally', owner: 'wally-sanne' },
  [elsewhereToken]: { kind: 'team', team: 'schuldhulp' },
};

/** Stands before the door and says who a Wally's system is, as the tokens of the identity provider do. */
export function wallySystems(request: Request, _response: Response, next: NextFunction): void {
  const token = request.get('authorization')?.slice('Bearer '.length) ?? '';
  const scope = systemsOf[token];
  const actor = { id: token, name: token, role: 'wally', organization: 'voorbeeldstreek' } as const;
  if (scope) admit(request, { practice: '', application: token, actor, scope, may: () => true });
  next();
}
