import type { Mapped } from '../../src/referral/format.ts';
import { asBsn, identityOf, isWithin, type SecondReader, saying } from './second.ts';

type Raw = { readonly [name: string]: Raw | undefined } & string & readonly Raw[];

/** Our own JSON, read as it stands. */
export const secondJson: SecondReader = (bytes, mapped) => {
  const raw = JSON.parse(Buffer.from(bytes).toString('utf8')) as Raw;
  const { family = '', birthDate, bsn } = identityOf(mapped);
  const person = raw.patient;
  const name = [person?.prefix ?? '', person?.familyName ?? ''].join(' ');
  return [
    ...saying(family.trim() === name.trim() || isWithin(family, name), 'another family name'),
    ...saying(birthDate === person?.birthDate, 'another birth date'),
    ...saying(
      bsn === undefined ? !person?.bsn || !('referral' in mapped) : bsn === asBsn(person?.bsn ?? ''),
      'another BSN',
    ),
    ...saying((mapped.practiceAgb?.value ?? undefined) === (raw.practice?.agb ?? undefined), 'another practice'),
    ...consentProblems(raw, mapped),
  ];
};

function consentProblems(raw: Raw, mapped: Mapped): string[] {
  if (!('referral' in mapped)) return [];
  const { by, how, on, medicalCodes, feedback } = mapped.referral.consent;
  const said = raw.consent as unknown as Record<string, unknown> | undefined;
  return [
    ...saying(said?.by === by && said.how === how && said.on === on, 'another consent'),
    ...saying(said?.given === undefined || said.given === null || said.given === true, 'a consent that was not given'),
    ...saying(medicalCodes === (said?.medical === true), 'another scope: medical codes'),
    ...saying((feedback === 'content') === (said?.feedback === 'content'), 'another scope: feedback'),
  ];
}
