import { extensions, identifiers } from '../../src/fhir/systems.ts';
import { type Name, namesOf, saidIn } from '../../src/referral/name-from-fhir.ts';
import { bsnSystems, numbersIn } from '../../src/referral/patient-from-fhir.ts';
import { type Address, emailIn, homeIn, isSecret, type Point, phonesIn } from '../../src/referral/reach-from-fhir.ts';
import type { Loss } from '../../src/referral/referral.ts';

const lost = (path: string): Loss => ({ path, why: 'kept-with-source' });
const deviates = (path: string): Loss => ({ path, why: 'deviates' });

/** The elements of one thing that are named, as losses. */
const within = (one: object | undefined, path: string, names: readonly string[]) =>
  names.flatMap((name) => (one && name in one ? [lost(`${path}.${name}`)] : []));

interface Contact {
  readonly name?: Name;
  readonly telecom?: readonly Point[];
}
interface Person {
  readonly identifier?: readonly Point[];
  readonly name?: readonly (Name & { readonly _given?: readonly unknown[] })[];
  readonly telecom?: readonly Point[];
  readonly address?: readonly Address[];
  readonly contact?: readonly Contact[];
  readonly managingOrganization?: { readonly identifier?: Point };
}

/** Which of the contacts is taken: the first that has a name. */
export const contactIn = (contacts: readonly Contact[] = []) =>
  contacts.findIndex(({ name }) => name?.text ?? name?.family);

function namesLost(names: NonNullable<Person['name']>, path: string): Loss[] {
  const { official, usual } = namesOf(names);
  return names.flatMap((name, n) => {
    const here = `${path}.name[${n}]`;
    if (n !== official && n !== usual) return [lost(here)];
    const qualified = (name._given ?? []).flatMap((given, g) => {
      const at = `${here}.given[${g}].extension[0]`;
      const { extension } = (given ?? {}) as { extension?: { url: string; valueString?: string }[] };
      const isString = extension?.[0]?.url === extensions.iso21090Qualifier && extension[0].valueString !== undefined;
      // A call name is a name of its own in nl-core; CGM and Sanday put it among the given names.
      return isString || saidIn(given, extensions.iso21090Qualifier) === 'CL' ? [deviates(at)] : [];
    });
    return [...within(name, here, ['prefix', 'suffix']), ...qualified];
  });
}

function addressesLost(person: Person, path: string): Loss[] {
  const { address = [] } = person;
  const home = homeIn(address);
  return address.flatMap((one, n) => {
    const here = `${path}.address[${n}]`;
    if (n !== home) return one.use === 'old' ? [] : [lost(here)];
    if (isSecret(person, one)) return [lost(here)];
    const { country } = one as { country?: string };
    const isDutch = country === undefined || /^(NL|NLD|Nederland|The Netherlands|Netherlands)$/i.test(country);
    return [...within(one, here, ['district', 'state']), ...(isDutch ? [] : [lost(`${here}.country`)])];
  });
}

/** What of a Patient stays behind: names, numbers and addresses beside those that are taken, and what was written oddly. */
export function personLosses(resource: object, path: string): Loss[] {
  const person = resource as Person;
  const { identifier = [], telecom = [], contact = [] } = person;
  const { bsn, local } = numbersIn(identifier);
  const phones = phonesIn(telecom);
  const email = emailIn(telecom);
  const named = contactIn(contact);
  return [
    ...identifier.flatMap((one, n) => {
      if (n !== bsn && n !== local) return one.value ? [lost(`${path}.identifier[${n}]`)] : [];
      const isOid = bsnSystems.includes(one.system ?? '') && one.system?.startsWith('urn:oid:');
      return isOid ? [deviates(`${path}.identifier[${n}].system`)] : [];
    }),
    ...namesLost(person.name ?? [], path),
    ...telecom.flatMap((one, n) =>
      phones.includes(n) || n === email || one.use === 'old' ? [] : [lost(`${path}.telecom[${n}]`)],
    ),
    ...addressesLost(person, path),
    ...contact.flatMap((one, n) => {
      const here = `${path}.contact[${n}]`;
      if (n !== named) return [lost(here)];
      const [phone] = phonesIn(one.telecom ?? []);
      return [
        ...within(one, here, ['address', 'gender', 'organization', 'period']),
        ...(one.telecom ?? []).flatMap((_, t) => (t === phone ? [] : [lost(`${here}.telecom[${t}]`)])),
      ];
    }),
  ];
}

/** A number of a carer or a practice under the OID that older systems write (AGB): taken, and told. */
export function agbDeviations(resource: object, path: string): Loss[] {
  const { identifier } = resource as Person;
  const all = Array.isArray(identifier) ? identifier : [];
  return all.flatMap((one, n) =>
    one.system === identifiers.agbOid ? [deviates(`${path}.identifier[${n}].system`)] : [],
  );
}
