import { codeSystems, extensions } from '../fhir/systems.ts';
import { type Extended, saidIn } from './name-from-fhir.ts';
import type { Patient } from './referral.ts';

export interface Point {
  readonly use?: string | undefined;
  readonly system?: string | undefined;
  readonly value?: string | undefined;
}
export interface Address {
  readonly use?: string | undefined;
  readonly type?: string | undefined;
  readonly line?: readonly (string | null)[] | undefined;
  readonly text?: string | undefined;
  readonly postalCode?: string | undefined;
  readonly city?: string | undefined;
}
type Whole = Address & Extended & { readonly _line?: readonly (Extended | null)[]; readonly _postalCode?: Extended };
type Secured = { readonly meta?: { readonly security?: readonly { system?: string; code?: string }[] } };

const phonesMax = 5;
const phoneKinds = ['phone', 'sms'];

/** Where in `telecom` the numbers stand that somebody can be called on; fax, pager and web addresses are none. */
export function phonesIn(telecom: readonly Point[]): number[] {
  const isPhone = ({ system, value = '', use }: Point) =>
    use !== 'old' && (system ? phoneKinds.includes(system) && value !== '' : /^[+\d][\d\s().-]{5,}$/.test(value));
  return telecom.flatMap((one, n) => (isPhone(one) ? [n] : [])).slice(0, phonesMax);
}

/** Where the mail address stands that is taken; −1 when there is none. */
export function emailIn(telecom: readonly Point[]): number {
  return telecom.findIndex((one) => one.system === 'email' && one.use !== 'old' && one.value);
}

export function phonesFrom(telecom: readonly Point[] = []): string[] {
  return phonesIn(telecom).map((n) => telecom[n]?.value ?? '');
}

/** Which address is the home: said to be so and not for post only; else the first that is neither old nor temporary. */
export function homeIn(addresses: readonly Address[]): number {
  const at = (test: (one: Address) => boolean) => addresses.findIndex(test);
  return (
    [
      at((one) => one.use === 'home' && one.type !== 'postal'),
      at((one) => one.use === 'home'),
      at((one) => one.use !== 'old' && one.use !== 'temp'),
      at((one) => one.use !== 'old'),
    ].find((one) => one >= 0) ?? -1
  );
}

const isMasked = (element: unknown) => saidIn(element, extensions.dataAbsentReason) === 'masked';

/** A secret address: the record is restricted, or the source masks it. It goes nowhere (H2). */
export function isSecret(patient: object, address: Address): boolean {
  const { meta } = patient as Secured;
  const restricted = meta?.security?.some(
    ({ system, code }) => system === codeSystems.confidentiality && (code === 'R' || code === 'V'),
  );
  const { _line = [], _postalCode } = address as Whole;
  return restricted === true || isMasked(address) || isMasked(_postalCode) || _line.some(isMasked);
}

/** The home of a resident, street and number from the parts of ISO 21090 where they are there; undefined when secret. */
export function addressFromFhir(patient: object, addresses: readonly Address[] = []): Patient['address'] {
  const home = addresses[homeIn(addresses)] as Whole | undefined;
  if (!home || isSecret(patient, home)) return undefined;
  const part = (url: string) => home._line?.map((one) => saidIn(one, url)).find(Boolean);
  const street = part(extensions.streetName);
  const number = part(extensions.houseNumber);
  const houseNumber =
    number &&
    [part(extensions.additionalLocator), number, part(extensions.houseNumberSuffix), part(extensions.unitId)]
      .filter(Boolean)
      .join(' ');
  const line = home.line?.filter(Boolean).join(', ');
  const words = street || line || (home.city ? undefined : home.text);
  const address = {
    ...(words && { street: words }),
    ...(houseNumber && { houseNumber }),
    ...(home.postalCode && { postcode: home.postalCode.replaceAll(/\s/g, '').toUpperCase() }),
    ...(home.city && { city: home.city }),
  };
  return Object.keys(address).length > 0 ? address : undefined;
}
