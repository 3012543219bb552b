import { type RawBuilder, sql } from 'kysely';
import type { DateQuestion } from '../../fhir/date-range.ts';
import type { Filter } from '../../fhir/search-filter.ts';
import { ofJourney } from '../../fhir/search-index.ts';
import { textArray } from '../commit/writes.ts';
import type { Scope } from '../scope.ts';
import { clipped, hashedWord, hidden } from './words.ts';

/** Makes the conditions of one search: the HMAC key, whether hidden words count, and what the directory answers. */
export interface Asking {
  readonly key: Buffer;
  /** The practice finds by everything it knows; a Wally's system only by what it may see. */
  readonly whole: boolean;
  /** `Type/id` of the directory that answers a filter. */
  readonly directory: (type: string, filter: Filter) => readonly string[];
  readonly isDirectory: (type: string) => boolean;
}

type Sql = RawBuilder<unknown>;
const all = (conditions: readonly Sql[]): Sql => sql`(${sql.join([sql`true`, ...conditions], sql` and `)})`;
const any = (conditions: readonly Sql[]): Sql => sql`(${sql.join([sql`false`, ...conditions], sql` or `)})`;

/** The journeys `j` that a scope may see, as SQL; its parameter is bound where it stands. */
export function scopeSql(scope: Scope): Sql {
  switch (scope.kind) {
    case 'practice':
      return sql`j.practice_id = ${scope.practice} and r.practice_id = ${scope.practice}`;
    case 'owner':
      return sql`(j.owner_id = ${scope.owner} and ${scope.owner} <> all(j.barred_ids))`;
    case 'wally':
      return sql`(${scope.owner} in (j.owner_id, j.proposed_id, j.acting_for_id) and ${scope.owner} <> all(j.barred_ids))`;
    case 'team':
      return sql`j.team_id = ${scope.team}`;
    case 'journey':
      return sql`j.id = ${scope.journey}::uuid`;
    case 'none':
      return sql`false`;
    case 'line':
      return sql`true`;
  }
}

function overlaps(table: string, words: readonly string[], whole: boolean): Sql {
  const wanted = words.flatMap((word) => (whole ? [clipped(word), hidden(clipped(word))] : [clipped(word)]));
  // As one parameter: PostgreSQL reads it at planning and asks the index.
  return sql`${sql.ref(`${table}.words`)} && ${textArray(wanted)}::text[]`;
}

/** How a span of the row answers a question: the rules of fhir/date-range answersDate, in SQL over comparable texts. */
function spanSql(low: Sql, high: Sql, { prefix, span: [from, to] }: DateQuestion): Sql {
  const isIn = sql`(${low} >= ${from} and ${high} <= ${to})`;
  switch (prefix) {
    case 'eq':
      return isIn;
    case 'ne':
      return sql`not ${isIn}`;
    case 'gt':
      return sql`${high} > ${to}`;
    case 'ge':
      return sql`(${high} > ${to} or ${isIn})`;
    case 'lt':
      return sql`${low} < ${from}`;
    case 'le':
      return sql`(${low} < ${from} or ${isIn})`;
    case 'sa':
      return sql`${low} >= ${to}`;
    case 'eb':
      return sql`${high} <= ${from}`;
    case 'ap':
      return sql`(${low} < ${to} and ${high} > ${from})`;
  }
}

// Our moments have milliseconds: a question's span begins and ends on one, so each prefix is one comparison of the column.
function changedSql(table: string, { prefix, span: [from, to] }: DateQuestion): Sql {
  const at = sql.ref(`${table}.changed_at`);
  switch (prefix) {
    case 'eq':
    case 'ap':
      return sql`(${at} >= ${from}::timestamptz and ${at} < ${to}::timestamptz)`;
    case 'ne':
      return sql`(${at} < ${from}::timestamptz or ${at} >= ${to}::timestamptz)`;
    case 'gt':
    case 'sa':
      return sql`${at} >= ${to}::timestamptz`;
    case 'ge':
      return sql`${at} >= ${from}::timestamptz`;
    case 'lt':
    case 'eb':
      return sql`${at} < ${from}::timestamptz`;
    case 'le':
      return sql`${at} < ${to}::timestamptz`;
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A message names its resident and its referral by number: it points at those of its own journey. */
function ofJourneySql(asking: Asking, table: string, words: readonly string[]): Sql {
  const pointing = words.flatMap((word) => {
    const [, code = '', type = '', id = ''] = /^(\S+) (Patient|ServiceRequest)\/(.+)$/.exec(word) ?? [];
    return uuid.test(id) ? [{ code, type, id }] : [];
  });
  return any(
    pointing.map(
      ({ code, type, id }) => sql`(${overlaps(table, [`Communication.${code} ${ofJourney(type)}`], asking.whole)}
        and ${sql.ref(`${table}.journey_id`)} in (select o.journey_id from resource o where o.type = ${type} and o.id = ${id}::uuid
          and o.practice_id = ${sql.ref(`${table}.practice_id`)}))`,
    ),
  );
}

/** The practice's letters go along only where the resident agreed to medical codes (H17): what the pages ask too. */
export const agreedSql = (table: string): Sql => sql`exists (select from resource c
  where c.journey_id = ${sql.ref(`${table}.journey_id`)} and c.type = 'Consent'
    and c.words @> array['Consent.detail share-medical-codes'])`;

/** Rows of `table` that a chain may lead through: by what is not shown, nothing is found. */
const throughSql = (asking: Asking, table: string, type: string): Sql =>
  type === 'DocumentReference' && !asking.whole ? agreedSql(table) : sql`true`;

/** A filter on resources of a type in table `table`. References stay within a journey, so chains do too. */
function filterSql(asking: Asking, table: string, type: string, filter: Filter, depth = 0): Sql {
  const words = (list: readonly string[]) =>
    overlaps(
      table,
      list.map((word) => `${type}.${word}`),
      asking.whole,
    );
  switch (filter.kind) {
    case 'words': {
      const found = words(filter.any);
      const either = type === 'Communication' ? any([found, ofJourneySql(asking, table, filter.any)]) : found;
      return filter.not ? sql`not (${either})` : either;
    }
    case 'identifying': {
      const hashed = filter.any.map(({ field, value }) => hashedWord(asking.key, filter.code, field, value));
      return filter.not ? sql`not (${words(hashed)})` : words(hashed);
    }
    case 'missing':
      return filter.missing ? sql`not (${words([filter.code])})` : words([filter.code]);
    case 'date': {
      const span = sql`${sql.ref(`${table}.dates`)} -> ${filter.code}`;
      const [low, high] = [sql`((${span}) ->> 0) collate "C"`, sql`((${span}) ->> 1) collate "C"`];
      return any(filter.any.map((one) => spanSql(low, high, one)));
    }
    case 'changed':
      return any(filter.any.map((one) => changedSql(table, one)));
    case 'id':
      return sql`${sql.ref(`${table}.id`)} = any(${`{${filter.any.filter((one) => uuid.test(one)).join(',')}}`}::uuid[])`;
    case 'text':
      return sql`false`;
    case 'chain': {
      if (asking.isDirectory(filter.type)) {
        const found = asking.directory(filter.type, filter.filter);
        return words(found.map((reference) => `${filter.code} ${reference}`));
      }
      const next = `t${depth}`;
      const inner = filterSql(asking, next, filter.type, filter.filter, depth + 1);
      const pointer = sql`array[${`${type}.${filter.code} ${filter.type}/`}::text || ${sql.ref(`${next}.id`)}]`;
      return sql`exists (select from resource ${sql.ref(next)}
        where ${sql.ref(`${next}.journey_id`)} = ${sql.ref(`${table}.journey_id`)} and ${sql.ref(`${next}.type`)} = ${filter.type}
          and ${throughSql(asking, next, filter.type)} and ${inner} and (${sql.ref(`${table}.words`)} @> ${pointer} or ${words([`${filter.code} ${ofJourney(filter.type)}`])}))`;
    }
    case 'has': {
      const next = `t${depth}`;
      const inner = filterSql(asking, next, filter.type, filter.filter, depth + 1);
      const pointer = sql`array[${`${filter.type}.${filter.code} ${type}/`}::text || ${sql.ref(`${table}.id`)}]`;
      const ofAll = [`${filter.type}.${filter.code} ${ofJourney(type)}`];
      return sql`exists (select from resource ${sql.ref(next)}
        where ${sql.ref(`${next}.journey_id`)} = ${sql.ref(`${table}.journey_id`)} and ${sql.ref(`${next}.type`)} = ${filter.type}
          and ${throughSql(asking, next, filter.type)} and ${inner}
          and (${sql.ref(`${next}.words`)} @> ${pointer} or ${overlaps(next, ofAll, asking.whole)}))`;
    }
  }
}

export function filtersSql(asking: Asking, table: string, type: string, filters: readonly Filter[]): Sql {
  return all(filters.map((filter) => filterSql(asking, table, type, filter)));
}
