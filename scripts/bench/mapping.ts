import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { decodeBytes, type Charset } from '../../src/hl7v2/charset.ts';
import { type Message, parseMessage } from '../../src/hl7v2/message.ts';
import { loadMappings, mappingOf } from '../../src/mapping/load.ts';
import { runMapping } from '../../src/mapping/run.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { fhirMessages, hl7Messages } from './messages.ts';
import type { Place } from './place.ts';
