import type { Acting } from '../../src/feedback/moves.ts';
import type { Onward } from '../../src/feedback/onward.ts';

/** An organisation that a Wally leads on to, and calls: no address of it is known. */
export const elsewhere = 'budgetcoaches';

/** The same, with that organisation in the directory. */
export function regionToo(acting: Acting): Acting {
  const teams = new Map(acting.directory.teams).set(elsewhere, {
    id: elsewhere,
    name: 'Budgetcoaches Voorbeeldstreek',
  });
  return { ...acting, directory: { ...acting.directory, teams } };
}

export const onward: Onward = {
  organization: elsewhere,
  question: 'Wilt u samen de post ordenen?',
  lifeAreas: ['debts'],
  consent: { by: 'resident', how: 'spoken', on: '2026-11-23' },
};
