import type { Issue } from '../../src/fhir/outcome.ts';
import type { Gathered, MappedCancellation, ReferralNumber } from '../../src/referral/format.ts';
import { nameFromFhir } from '../../src/referral/name-from-fhir.ts';
import { issue } from '../../src/referral/refusal.ts';
import { says, type TaskMessage } from './contract.ts';
import { lossesOf } from './losses.ts';
import { zorgdomein } from './systems.ts';

const zdNumber = /^ZD\d{6,12}$/;
const required = (name: string, path: string): Issue =>
  issue('required', `required-${name}`, path, says[`required:${name}`] ?? { nl: '', en: '' });

/**
 * The number of the referral that a Task is about. Which element ZorgDomein writes it in is not published: what looks
 * like a ZD number is it, wherever it stands; else the only identifier that says what the Task is part of.
 */
function numberOf({ task }: TaskMessage): ReferralNumber | undefined {
  const related = [...(task.basedOn ?? []), ...(task.focus ? [task.focus] : [])]
    .map((one) => one.identifier)
    .filter((one) => one !== undefined);
  const group = task.groupIdentifier ? [task.groupIdentifier] : [];
  const all = [...related, ...group, ...(task.identifier ?? [])];
  const values = (some: typeof all) => [...new Set(some.flatMap((one) => one.value ?? []))];
  const zd = all.filter((one) => zdNumber.test(one.value ?? ''));
  const meant = [zd, related, group, task.identifier ?? []].find((some) => values(some).length > 0) ?? [];
  const [value, ...others] = values(meant);
  if (!value || others.length > 0) return undefined;
  return { system: meant.find((one) => one.value === value)?.system ?? zorgdomein.number, value };
}

/** A Task with status cancelled: the practice takes its referral back (ZorgDomein zd-task, "cancel"). */
export function cancelOf(message: TaskMessage, gathered: Gathered): MappedCancellation | { refused: Issue[] } {
  const { task, patient, sender } = message;
  const at = (element: string) => gathered.origin(['task', element]);
  const number = numberOf(message);
  const family = patient ? nameFromFhir(patient.name).family : task.for?.display;
  const about = { ...(family && { family }), ...(patient && { birthDate: patient.birthDate }) };
  const problems = [
    ...(number ? [] : [required('referral-number', at('identifier'))]),
    ...(Object.keys(about).length > 0 ? [] : [required('about', at('for'))]),
  ];
  if (!number || problems.length > 0) return { refused: problems };
  const reason = task.statusReason?.text ?? task.statusReason?.coding?.[0]?.display;
  return {
    intent: 'cancel',
    number,
    about,
    ...(reason && { reason }),
    losses: lossesOf(message.all),
    places: {
      consentBy: 'Task',
      consentOn: 'Task',
      practice: sender.path,
      birthDate: patient ? gathered.origin(['patient', 'birthDate']) : at('for'),
      number: at('identifier'),
    },
    ...(sender.practiceAgb && { practiceAgb: sender.practiceAgb }),
  };
}
