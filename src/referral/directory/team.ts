import type { Endpoint, Organization } from '@medplum/fhirtypes';
import { type CaseSystem, caseSystemOf } from './case-system.ts';
import { contractOf, type DataContract } from './contract.ts';
import { type Sentences, sentencesOf } from './standard-sentences.ts';

/** An organisation that receives referrals. */
export interface Team {
  readonly id: string;
  readonly name: string;
  readonly phone?: string;
  /** Where mail without content goes. */
  readonly email?: string;
  /** A second address, of another person there: codes go to it, so that one stolen mail opens nothing (H12). */
  readonly codeEmail?: string;
  /** On what legal basis it receives referrals, where that was agreed. */
  readonly contract?: DataContract;
  /** Standard sentences of its own for its Wallys' messages. */
  readonly sentences?: Sentences;
  /** Its own, where its referrals are kept up to date. */
  readonly caseSystem?: CaseSystem;
}

/** Reads an Organization and its Endpoints into what the rules need of who receives referrals. */
export function toTeam(organization: Organization, endpoints: ReadonlyMap<string, Endpoint>): Team {
  const points = (system: string) =>
    (organization.telecom ?? []).flatMap((one) => (one.system === system && one.value ? [one.value] : []));
  const [phone] = points('phone');
  const [email, codeEmail] = points('email');
  const contract = contractOf(organization);
  const sentences = sentencesOf(organization);
  return {
    id: organization.id ?? '',
    name: organization.name ?? '',
    ...(phone && { phone }),
    ...(email && { email }),
    ...(codeEmail && { codeEmail }),
    ...(contract && { contract }),
    ...(sentences && { sentences }),
    ...caseSystemOf(organization, endpoints),
  };
}
