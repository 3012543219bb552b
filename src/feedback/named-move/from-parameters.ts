import type { Parameters, ParametersParameter } from '@medplum/fhirtypes';
import { type Refusal, refuse } from '../../referral/refusal.ts';
import { type Asked, isMoveName } from './named-move.ts';
import { mayNotChange, noSuchMove } from './words.ts';

/** Parts that a move may have more than once. */
const lists = new Set(['outcomes', 'lifeAreas', 'onward']);

/** One parameter as plain data: a code for a concept, an id for a reference, an object for parts. */
function plainOf(one: ParametersParameter): unknown {
  if (one.part) return partsOf(one.part);
  if (one.valueReference) return one.valueReference.reference?.split('/').at(-1);
  if (one.valueCodeableConcept) return one.valueCodeableConcept.coding?.[0]?.code ?? one.valueCodeableConcept.text;
  if (one.valueCoding) return one.valueCoding.code;
  const { valueString, valueCode, valueBoolean, valueDate, valueDateTime, valueInstant } = one;
  return valueString ?? valueCode ?? valueBoolean ?? valueDate ?? valueDateTime ?? valueInstant;
}

/** Parameters by their names, without a prototype: a name is a sender's. What came twice stays a list, for the move to refuse. */
function partsOf(parameters: readonly ParametersParameter[]): Record<string, unknown> {
  const parts: Record<string, unknown> = Object.create(null);
  for (const one of parameters) {
    const { name } = one;
    if (lists.has(name)) parts[name] = [...((parts[name] as unknown[] | undefined) ?? []), plainOf(one)];
    else parts[name] = name in parts ? [parts[name], plainOf(one)] : plainOf(one);
  }
  return parts;
}

const place = (name: string) => `Parameters.parameter.where(name='${name}')`;

/** The move that Parameters name (`move`), by whom (`by`), why in the owner's place (`deviating`), and what it needs. Pure. */
export function moveFromParameters({ parameter = [] }: Parameters): Asked | Refusal {
  const { move, by, deviating, ...parts } = partsOf(parameter);
  if (typeof move !== 'string' || !isMoveName(move)) return noSuchMove(place('move'));
  const wrong = Object.entries({ by, deviating }).filter(
    ([, value]) => value !== undefined && typeof value !== 'string',
  );
  if (wrong.length > 0) return refuse(...wrong.map(([name]) => mayNotChange(place(name))));
  return {
    move,
    parts,
    places: Object.fromEntries(Object.keys(parts).map((name) => [name, place(name)])),
    ...(typeof by === 'string' && { by }),
    ...(typeof deviating === 'string' && deviating !== '' && { deviating }),
  };
}
