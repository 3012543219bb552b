import type { CapabilityStatementRestSecurity } from '@medplum/fhirtypes';
import express, { type Router } from 'express';
import { codeSystems } from '../../fhir/systems.ts';
import { isDone } from '../../identity/access.ts';
import { assertionAlgorithms } from '../../identity/token-grants.ts';
import type { Log } from '../../log.ts';
import { refusals, refuse } from '../../referral/refusal.ts';
import { sendRefusal } from '../practice-key.ts';

/** Where systems get their tokens: our own issuer, or another one that the settings name. */
export interface TokenPlace {
  readonly issuer: string;
  readonly tokenUrl: string;
  readonly jwksUrl: string;
  /** Of our own issuer we know which keys it takes. */
  readonly own: boolean;
}

export interface SmartParts {
  readonly publicUrl: string;
  readonly log: Log;
  /** Asked at each call: another issuer may be away for a while. */
  readonly tokenPlace?: () => Promise<TokenPlace>;
}

/** Types that a scope can be about: what a door takes or gives. */
const scopeTypes = [
  'ServiceRequest',
  'Task',
  'Communication',
  'Appointment',
  'Patient',
  'Consent',
  'DocumentReference',
];

const capabilities = ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'];

const scopes = [
  'system/*.rs',
  'system/*.read',
  ...scopeTypes.map(
    (type) => `system/${type}.${isDone(type, 'create') ? 'c' : ''}r${isDone(type, 'update') ? 'u' : ''}s`,
  ),
];

/** What `/.well-known/smart-configuration` says (SMART App Launch 2.2, "SMART configuration discovery"), and RFC 8414 too. */
function configuration(place: TokenPlace) {
  return {
    issuer: place.issuer,
    jwks_uri: place.jwksUrl,
    token_endpoint: place.tokenUrl,
    grant_types_supported: ['client_credentials'],
    ...(place.own && {
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    }),
    scopes_supported: scopes,
    response_types_supported: [],
    capabilities,
  };
}

/** The discovery documents, open to all; mount at the root. RFC 8414 §3.1 puts the issuer's path behind the well-known one. */
export function smartRouter(parts: SmartParts): Router {
  const router = express.Router();
  const addresses = ['/fhir/R4/.well-known/smart-configuration', '/.well-known/oauth-authorization-server/oauth'];
  router.get(addresses, async (request, response) => {
    try {
      const place = await parts.tokenPlace?.();
      if (place && (place.own || request.path.startsWith('/fhir')))
        return void response.set('Access-Control-Allow-Origin', '*').json(configuration(place));
      response.status(404).json({ error: 'not_found' });
    } catch (error) {
      parts.log.bug('smart-configuration', error, {});
      sendRefusal(request, response, refuse(refusals.busy()));
    }
  });
  return router;
}

/** `rest.security` of the CapabilityStatement. */
export function securityOf(publicUrl: string): CapabilityStatementRestSecurity {
  return {
    cors: false,
    service: [{ coding: [{ system: codeSystems.restfulSecurity, code: 'SMART-on-FHIR' }] }],
    description:
      `SMART Backend Services (system scopes): see ${publicUrl}/fhir/R4/.well-known/smart-configuration. ` +
      `A practice's own system may use the bearer credential that the administrator gave it.`,
  };
}
