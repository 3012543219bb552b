import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import type { Format, Gathered, MappedReferral, Translate } from '../../src/referral/format.ts';
import { isLifeArea, type LifeArea } from '../../src/referral/life-area.ts';
import { isMedical } from '../../src/referral/minimise.ts';
import { patientFromFhir } from '../../src/referral/patient-from-fhir.ts';
import type { Loss, Referral, SafeContact } from '../../src/referral/referral.ts';
import { issue } from '../../src/referral/refusal.ts';
import { toConsent } from './consent.ts';
import { contract, type Message, says } from './contract.ts';
import { gather } from './gather.ts';
import { lossesOf } from './losses.ts';

interface Coding {
  system?: string | undefined;
  code?: string | undefined;
  display?: string | undefined;
}
interface Concept {
  coding?: Coding[] | undefined;
  text?: string | undefined;
}
interface Request {
  category?: Concept[];
  reasonCode?: Concept[];
  orderDetail?: Concept[];
  note?: { text?: string }[];
  supportingInfo?: { type?: string; reference?: string; identifier?: { system?: string; value?: string } }[];
  extension?: {
    url: string;
    valueString?: string;
    extension?: { url: string; valueString?: string; valueBoolean?: boolean }[];
  }[];
}

/** Categories that say what kind of request it is, not which life area: SNOMED CT, and "verwijsbrief" of NHG table 69. */
const kindOfRequest = new Set([
  ...['410606002', '3457005', '308440001'].map((code) => `${codeSystems.snomed}|${code}`),
  'urn:oid:2.16.840.1.113883.2.4.4.30.69|1',
]);

function lifeAreasOf(
  request: Request,
  path: string,
  translate: Translate,
): { areas: LifeArea[]; notes: string[]; losses: Loss[] } {
  const areas = new Set<LifeArea>();
  const notes: string[] = [];
  const losses: Loss[] = [];
  const unknown = (said: string, at: string) => {
    notes.push(`Leefgebied volgens de verwijzer: ${said}`);
    losses.push({ path: `${path}.${at}`, why: 'unknown-code' });
  };
  for (const [n, category] of (request.category ?? []).entries()) {
    if (!category.coding?.length && category.text) unknown(category.text, `category[${n}]`);
    for (const [c, coding] of (category.coding ?? []).entries()) {
      const { system = '', code = '' } = coding;
      if (kindOfRequest.has(`${system}|${code}`)) continue;
      const area = system === codeSystems.lifeArea ? code : translate('life-area', system, code);
      if (area && isLifeArea(area)) areas.add(area);
      else unknown(coding.display ?? category.text ?? code, `category[${n}].coding[${c}]`);
    }
  }
  return { areas: [...areas], notes, losses };
}

function safeContactOf(request: Request): SafeContact | undefined {
  const found = request.extension?.find((one) => one.url === extensions.safeContact)?.extension;
  if (!found) return undefined;
  const text = (url: string) => found.find((one) => one.url === url)?.valueString;
  const flag = (url: string) => found.find((one) => one.url === url)?.valueBoolean === true;
  const phone = text('phone');
  const times = text('times');
  return {
    unsafe: flag('unsafe'),
    noVoicemail: flag('noVoicemail'),
    noLetters: flag('noLetters'),
    ...(phone && { phone }),
    ...(times && { times }),
  };
}

/**
 * The reason in the sender's words, and the codes. The words beside a medical code or of a Condition are its title:
 * they stand in for a missing reason only when the consent covers medical codes (H17).
 */
function reasonsOf(
  request: Request,
  message: Message,
  medicalCodes: boolean,
): { reason: string | undefined; codes: Referral['reasonCodes'] } {
  const given = request.reasonCode ?? [];
  const conditions = message.conditions.flatMap((one) => (one.resource.code as Concept | undefined) ?? []);
  const wordsOf = (concepts: readonly Concept[]) => concepts.flatMap((one) => (one.text ? [one.text] : []));
  const own = wordsOf(given.filter((one) => !one.coding?.length));
  const social = wordsOf(given.filter((one) => !one.coding?.some(isMedical)));
  const titles = medicalCodes ? wordsOf([...given, ...conditions]) : social;
  const codes = [...given, ...conditions].flatMap(({ coding, text }) =>
    (coding ?? []).flatMap(({ system, code, display = text }) =>
      system && code ? [{ system, code, ...(display && { display: display.slice(0, 200) }) }] : [],
    ),
  );
  return { reason: (own.length > 0 ? own : titles).join('\n') || undefined, codes: codes.slice(0, 10) };
}

interface Contact {
  name?: { text?: string; family?: string };
  telecom?: { system?: string; value?: string }[];
  relationship?: Concept[];
}

/** The first contact with a name; the others are losses. */
function contactPersonOf(message: Message): Referral['contactPerson'] {
  const contacts = message.patient.contact as Contact[] | undefined;
  const contact = contacts?.find((one) => one.name?.text ?? one.name?.family);
  const name = contact?.name?.text ?? contact?.name?.family;
  if (!name) return undefined;
  const phone = contact?.telecom?.find((one) => one.system !== 'email')?.value;
  const relation = contact?.relationship?.[0]?.text ?? contact?.relationship?.[0]?.coding?.[0]?.display;
  return { name, ...(phone && { phone }), ...(relation && { relation }) };
}

/** A FHIR R4 referral as our Referral. Nothing is guessed: what has no place is kept as text and reported as a loss. */
function toReferral(
  message: Message,
  gathered: Gathered,
  translate: Translate,
): MappedReferral | { refused: ReturnType<typeof issue>[] } {
  const request = message.serviceRequest as unknown as Request & Message['serviceRequest'];
  const path = gathered.origin(['serviceRequest']);
  const consentPath = gathered.origin(['consent']);
  const areas = lifeAreasOf(request, path, translate);
  const { by, how, ...consent } = toConsent(message);
  const { reason, codes } = reasonsOf(request, message, consent.medicalCodes);
  const problems = [
    ...(reason
      ? []
      : [issue('required', 'required-reason', `${path}.reasonCode`, says['required:reason'] ?? { nl: '', en: '' })]),
    ...(by
      ? []
      : [
          issue(
            'required',
            'required-consent-by',
            `${consentPath}.performer`,
            says['required:consent-by'] ?? { nl: '', en: '' },
          ),
        ]),
    ...(how
      ? []
      : [
          issue(
            'required',
            'required-consent-how',
            `${consentPath}.extension`,
            says['required:consent-how'] ?? { nl: '', en: '' },
          ),
        ]),
  ];
  const number =
    request.identifier.find(
      (one) => one.type?.coding?.some((coding) => coding.code === 'PLAC') && one.system && one.value,
    ) ?? request.identifier.find((one) => one.system && one.value);
  if (!reason || !by || !how || !number?.system || !number.value) return { refused: problems };
  const details = (request.orderDetail ?? []).map((one) => {
    const [coding] = one.coding ?? [];
    return one.text ?? coding?.display ?? coding?.code ?? '';
  });
  const question = request.extension?.find((one) => one.url === extensions.residentQuestion)?.valueString;
  const safeContact = safeContactOf(request);
  const contactPerson = contactPersonOf(message);
  const episode = request.supportingInfo?.find(
    (one) => one.type === 'EpisodeOfCare' && one.identifier?.value,
  )?.identifier;
  return {
    intent: 'refer',
    referral: {
      practiceReferralId: { system: number.system, value: number.value },
      authoredOn: /T/.test(request.authoredOn) ? request.authoredOn : `${request.authoredOn}T00:00:00Z`,
      priority: (request.priority ?? 'routine') as Referral['priority'],
      requester: {
        ...(message.requester?.name && { name: message.requester.name }),
        ...(message.requester?.agb?.length === 8 && { agb: message.requester.agb }),
      },
      patient: patientFromFhir(message.patient),
      reason,
      ...(question && { residentQuestion: question }),
      lifeAreas: areas.areas,
      reasonCodes: codes,
      consent: { ...consent, by, how },
      ...(safeContact && { safeContact }),
      ...(contactPerson && { contactPerson }),
      ...(episode?.value && { episode: { value: episode.value, ...(episode.system && { system: episode.system }) } }),
      notes: [
        ...(request.note ?? []).flatMap((one) => (one.text ? [one.text] : [])),
        ...details.filter(Boolean),
        ...areas.notes,
      ],
    },
    losses: [
      ...areas.losses,
      ...details.map((one, n): Loss => {
        return { path: `${path}.orderDetail[${n}]`, why: one ? 'kept-as-text' : 'kept-with-source' };
      }),
      ...lossesOf(message.all),
    ],
    places: {
      consentBy: `${consentPath}.performer`,
      consentOn: `${consentPath}.dateTime`,
      practice: gathered.origin(['requester']),
      birthDate: gathered.origin(['patient', 'birthDate']),
      number: `${path}.identifier`,
    },
    ...(message.practiceAgb && { practiceAgb: message.practiceAgb }),
  };
}

export const format: Format<Message> = {
  name: 'fhir-r4',
  version: '1',
  syntax: 'fhir',
  gather,
  contract,
  says,
  toReferral,
};
