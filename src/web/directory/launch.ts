import type { Endpoint, Extension } from '@medplum/fhirtypes';
import { extensions } from '../../fhir/systems.ts';
import { clientProofs } from '../../referral/directory/launch-system.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { areaOf, type FormParts, lineOf, tickOf } from '../refer/controls.ts';
import type { Fields } from './book.ts';
import { selectOf } from './values.ts';

const partsOf = (endpoint: Endpoint | undefined): readonly Extension[] =>
  endpoint?.extension?.find((one) => one.url === extensions.launch)?.extension ?? [];

/** How a system of the practice opens our refer page (extension `launch`) as the form shows it. */
export function launchFields(endpoint: Endpoint): Fields {
  const parts = partsOf(endpoint);
  const text = (url: string) => parts.find((one) => one.url === url)?.valueString ?? '';
  return {
    launchClient: text('clientId'),
    launchProof: parts.find((one) => one.url === 'clientProof')?.valueCode ?? '',
    launchIssuer: text('issuer'),
    launchKeys: text('jwks'),
    launchOrigins: parts.flatMap((one) => (one.url === 'origin' ? (one.valueString ?? []) : [])).join('\n'),
    launchOnly: parts.some((one) => one.url === 'only' && one.valueBoolean === true) ? 'yes' : '',
  };
}

/** What the form says of it; undefined when it says nothing. What the form has no field for stays as long as it launches. */
export function launchIn(fields: Fields, before: Endpoint | undefined): Extension | undefined {
  const { launchClient = '', launchProof = '', launchIssuer = '', launchKeys = '', launchOrigins = '' } = fields;
  const own: readonly (Extension | false)[] = [
    launchClient !== '' && { url: 'clientId', valueString: launchClient },
    launchProof !== '' && { url: 'clientProof', valueCode: launchProof },
    launchIssuer !== '' && { url: 'issuer', valueString: launchIssuer },
    launchKeys !== '' && { url: 'jwks', valueString: launchKeys },
    ...launchOrigins.split(/\s+/).flatMap((origin) => (origin ? [{ url: 'origin', valueString: origin }] : [])),
    fields.launchOnly === 'yes' && { url: 'only', valueBoolean: true },
  ];
  const said = own.flatMap((one) => one || []);
  const known = ['clientId', 'clientProof', 'issuer', 'jwks', 'origin', 'only'];
  const kept = partsOf(before).filter((one) => !known.includes(one.url));
  return said.length > 0 ? { url: extensions.launch, extension: [...kept, ...said] } : undefined;
}

export function launchPart(parts: FormParts): Markup {
  const t = sayIn(parts.viewer.language);
  const { fields, faults } = parts;
  const isOpen = [...Object.keys(fields), ...faults.map((one) => one.field)].some(
    (name) => name.startsWith('launch') && (fields[name] || faults.some((one) => one.field === name)),
  );
  return html`<details${isOpen && html` open`}><summary>${t('Openen vanuit het huisartsensysteem', 'Opening from the GP system')}</summary>
<p class="hint">${t(
    'Alleen in te vullen als mensen van de praktijk Kortelijn van hieruit openen. De beheerder van hun systeem weet wat hier hoort.',
    "Only to be filled in when people of the practice open Kortelijn from here. Their system's administrator knows what belongs here.",
  )}</p>
${lineOf(parts, {
  name: 'launchClient',
  optional: true,
  label: t('Onze naam daar, voor SMART (client_id)', 'Our name there, for SMART (client_id)'),
})}
${selectOf(
  parts,
  'launchProof',
  t('Hoe wij bewijzen wie wij zijn', 'How we prove who we are'),
  clientProofs.map((one) => [one, one] as const),
)}
${lineOf(parts, {
  name: 'launchIssuer',
  optional: true,
  label: t('Wie zijn berichten ondertekent (iss)', 'Who signs its messages (iss)'),
  hint: t('Leeg: het adres hierboven.', 'Empty: the address above.'),
})}
${areaOf(parts, {
  name: 'launchKeys',
  optional: true,
  rows: 4,
  label: t('Openbare sleutels (JWKS)', 'Public keys (JWKS)'),
  hint: t(
    'Waarmee het systeem ondertekent. Nooit een geheime sleutel.',
    'With which the system signs. Never a secret key.',
  ),
})}
${areaOf(parts, {
  name: 'launchOrigins',
  optional: true,
  rows: 2,
  label: t('Herkomst van browsers (CDS Hooks)', 'Origins of browsers (CDS Hooks)'),
  hint: t('Eén per regel, bijvoorbeeld https://his.voorbeeld.nl', 'One per line, for example https://his.example.org'),
})}
${tickOf(
  parts,
  'launchOnly',
  t('Alleen om te openen: hier gaat geen terugkoppeling heen', 'Only to open from: no feedback goes here'),
)}</details>`;
}
