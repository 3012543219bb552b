import type { Section } from '../../feedback/pdf/journey.ts';
import { extensions } from '../../fhir/systems.ts';
import { localDay } from '../../referral/deadlines.ts';
import { lifeAreas } from '../../referral/life-area.ts';
import type { readEvents } from '../../store/queue/deliveries.ts';
import { eventSaid } from '../event-words.ts';
import { birthDateText, dayText, momentText } from '../html.ts';
import { messageSaid } from './history-view.ts';
import { postcodeText, type Shown } from './referral-view.ts';

type Row = readonly [label: string, text: string];
type Maybe = readonly [label: string, text: string | undefined];

const filled = (rows: readonly Maybe[]): Row[] =>
  rows.flatMap(([label, text]) => (text ? [[label, text] as const] : []));
const phones = (telecom: { system?: string; value?: string }[] = []) =>
  telecom.flatMap((one) => (one.system === 'phone' && one.value ? [one.value] : [])).join(', ');

/** Name and birth date together (H3). */
export function whoText({ patient }: Shown): string {
  return `${patient.name?.[0]?.text ?? ''}, geboren ${birthDateText(patient.birthDate ?? '', 'nl')}`;
}

function reachRows({ request, patient, journey }: Shown): Maybe[] {
  const safe = request.extension?.find((one) => one.url === extensions.safeContact)?.extension;
  const part = (url: string) => safe?.find((one) => one.url === url);
  const { unsafeContact } = journey.index;
  const rules = [
    part('noVoicemail')?.valueBoolean && 'Spreek geen voicemail in.',
    part('noLetters')?.valueBoolean && 'Stuur geen brieven.',
    unsafeContact && 'Thuis mag misschien niet iedereen dit weten. Mail of app de inwoner niet.',
  ].filter(Boolean);
  return [
    ['Let op', rules.join(' ')],
    [unsafeContact ? 'Veilig nummer' : 'Liefst op', part('phone')?.valueString],
    ['Wanneer bellen', part('times')?.valueString],
    // H2: on paper, which others may find, only the number that was called safe.
    ['Telefoon', unsafeContact ? undefined : phones(patient.telecom)],
  ];
}

/**
 * The journey in words for on paper, in the order of the page: what its reader may see and no more. Dutch, as the
 * letters are.
 */
export function journeySections(shown: Shown, events: Awaited<ReturnType<typeof readEvents>>): Section[] {
  const { patient, request, journey, directory, today } = shown;
  const practice = directory.practices.get(journey.practice);
  const home = patient.address?.[0];
  const contact = patient.contact?.[0];
  const role = directory.roles.get(request.requester?.reference?.split('/')[1] ?? '');
  const codes = (request.reasonCode ?? []).flatMap((one) => one.coding ?? []);
  const sections: Section[] = [
    { heading: 'Bereiken', rows: filled(reachRows(shown)) },
    {
      heading: 'Waarom',
      rows: filled([
        [
          'De vraag van de inwoner, in eigen woorden',
          request.extension?.find((one) => one.url === extensions.residentQuestion)?.valueString,
        ],
        ['De huisarts schrijft', (request.reasonCode ?? []).flatMap((one) => one.text ?? []).join('\n')],
        ['Leefgebieden', journey.index.lifeAreas.map((one) => lifeAreas[one].nl).join(', ')],
        ['Medische code', codes.map((one) => [one.code, one.display].filter(Boolean).join(' ')).join(', ')],
        ['Ook meegestuurd', (request.note ?? []).flatMap((one) => one.text ?? []).join('\n')],
      ]),
    },
    {
      heading: 'Wie',
      rows: filled([
        [
          'Adres',
          [home?.line?.join(' '), [postcodeText(home?.postalCode ?? ''), home?.city].filter(Boolean).join(' ')]
            .filter(Boolean)
            .join(', '),
        ],
        ['Contactpersoon', [contact?.name?.text, phones(contact?.telecom)].filter(Boolean).join(', ')],
      ]),
    },
    {
      heading: 'Wie verwees',
      rows: filled([
        ['Praktijk', practice?.name ?? journey.practice],
        ['Verwijzer', role?.name ?? request.requester?.display],
        ['Telefoon', practice?.phone],
        ['Verwezen op', request.authoredOn && momentText(new Date(request.authoredOn), 'nl')],
        ['Hun nummer', journey.index.practiceReferral.value],
      ]),
    },
    {
      heading: 'Afspraken',
      rows: journey.appointments.flatMap(({ resource }) =>
        resource.start
          ? [[resource.status === 'booked' ? '' : 'vervallen', momentText(new Date(resource.start), 'nl')] as const]
          : [],
      ),
    },
    {
      heading: 'Berichten',
      rows: journey.communications.map(({ resource }) => {
        const kind = messageSaid[resource.category?.[0]?.coding?.[0]?.code ?? '']?.nl ?? 'Bericht';
        const on = resource.sent ? `, ${dayText(localDay(new Date(resource.sent)), 'nl', today)}` : '';
        return [`${kind}${on}`, (resource.payload?.[1] ?? resource.payload?.[0])?.contentString ?? ''] as const;
      }),
    },
    {
      heading: 'Geschiedenis',
      rows: events.map((event) => {
        const owner = directory.roles.get(event.owner ?? '')?.name ?? event.owner ?? '';
        return [momentText(event.at, 'nl'), eventSaid(event, owner).nl] as const;
      }),
    },
  ];
  return sections.filter((one) => one.rows.length > 0);
}
