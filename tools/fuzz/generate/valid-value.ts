import fc from 'fast-check';
import type { Schema } from '../description/operation';
import { pick } from './pick';
import { literal, raw, type Value } from './value';

/** Small sizes reach deep code; the largest are for the edges. */
const LENGTH_MAX = 40;
const ITEMS_MAX = 4;
const STOCK = 300;

export interface ValueNames {
  /** What a field's values are called where they are known. */
  readonly knownAs: (field: string) => string;
  /** Are there values of this name to be known? */
  readonly isKnown: (name: string) => boolean;
  /** Values of a field that a schema cannot describe, such as addresses that exist. */
  readonly vocabulary: Readonly<Record<string, fc.Arbitrary<Value>>>;
}

/** Values that a schema allows, now and then such as the service knows already. */
export function validValue(schema: Schema, names: ValueNames, field = ''): fc.Arbitrary<Value> {
  const words = names.vocabulary[field];
  if (words) return words;
  const fresh = freshValue(schema, names, field);
  const name = names.knownAs(field);
  if (!isText(schema) || schema.enum !== undefined || !names.isKnown(name)) return fresh;
  const known = fc
    .tuple(pick, fresh)
    .map(([chosen, otherwise]): Value => ({ kind: 'known', name, pick: chosen, otherwise }));
  if (!isChosenByClients(name))
    return fc.oneof({ weight: 1, arbitrary: fresh }, { weight: 9, arbitrary: known });
  const stock = fc.noBias(fc.nat(STOCK - 1)).map((index): Value => ({ kind: 'stock', name, index }));
  return fc.oneof(
    { weight: 3, arbitrary: fresh },
    { weight: 3, arbitrary: stock },
    { weight: 4, arbitrary: known },
  );
}

/** Cursors and tags are the service's own: one that is made up is refused. */
function isChosenByClients(name: string): boolean {
  return /Id$|^(shard|idempotency-key)$/.test(name);
}

function isText({ type, pattern }: Schema): boolean {
  return type === 'string' || pattern !== undefined;
}

function freshValue(schema: Schema, names: ValueNames, field: string): fc.Arbitrary<Value> {
  const { enum: values, anyOf, oneOf, examples = [] } = schema;
  if (schema.const !== undefined) return fc.constant(literal(schema.const));
  if (values) return fc.constantFrom(...values).map(literal);
  const choices = anyOf ?? oneOf;
  if (choices)
    return fc.oneof(...choices.map((each) => freshValue(each, names, field)), ...examplesOf(examples));
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  switch (type) {
    case 'string':
      return fc.oneof({ weight: 6, arbitrary: textOf(schema) }, ...examplesOf(examples));
    case 'integer':
    case 'number':
      return integerOf(schema).map(literal);
    case 'boolean':
      return fc.boolean().map(literal);
    case 'null':
      return fc.constant(raw('null'));
    case 'array':
      return arrayOf(schema, names, field);
    case 'object':
      return objectOf(schema, names);
    default:
      return fc.json({ maxDepth: 2 }).map(raw);
  }
}

function examplesOf(examples: readonly unknown[]): fc.Arbitrary<Value>[] {
  return examples.length === 0 ? [] : [fc.constantFrom(...examples).map(literal)];
}

function textOf(schema: Schema): fc.Arbitrary<Value> {
  const { pattern, minLength = 0, maxLength = LENGTH_MAX, format } = schema;
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true }).map((date) => literal(yearOfFourDigits(date)));
  if (pattern === undefined) {
    const short = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, LENGTH_MAX) });
    const longest = fc.constantFrom('x', '9', ' ').map((each) => each.repeat(maxLength));
    return fc
      .oneof({ weight: 9, arbitrary: short.filter((text) => text.length <= maxLength) }, longest)
      .map(literal);
  }
  const matching = fc.stringMatching(new RegExp(pattern), { maxLength: Math.min(maxLength, 64) });
  return (
    isDigits(pattern)
      ? fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 500 }).map(String) }, matching)
      : matching
  ).map(literal);
}

/** RFC 3339 has four digits for a year. */
function yearOfFourDigits(date: Date): string {
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9_999 ? date.toISOString() : '2026-01-31T12:00:00.000Z';
}

/** Numbers written as strings: most are to be small, or there is never money enough. */
function isDigits(pattern: string): boolean {
  const rule = new RegExp(pattern);
  return rule.test('1') && rule.test('500') && !rule.test('a') && !rule.test('-');
}

function integerOf({ minimum = -1_000, maximum = Number.MAX_SAFE_INTEGER }: Schema): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: minimum, max: Math.min(maximum, minimum + 12) }) },
    {
      weight: 3,
      arbitrary: fc.maxSafeInteger().map((each) => Math.min(Math.max(each, minimum), minimum + 500, maximum)),
    },
    { weight: 1, arbitrary: fc.constantFrom(minimum, maximum) },
  );
}

function arrayOf(schema: Schema, names: ValueNames, field: string): fc.Arbitrary<Value> {
  const { items = {}, minItems = 0, maxItems = ITEMS_MAX, uniqueItems = false } = schema;
  const each = validValue(items, names, field.replace(/s$/, ''));
  const size = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, ITEMS_MAX)) };
  return (
    uniqueItems
      ? fc.uniqueArray(each, { ...size, selector: (value) => JSON.stringify(value) })
      : fc.array(each, size)
  ).map((values): Value => ({ kind: 'array', items: values }));
}

function objectOf(schema: Schema, names: ValueNames): fc.Arbitrary<Value> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const fields = Object.entries(properties).map(([name, each]) => {
    const value = validValue(each, names, name);
    return (required.includes(name) ? value : fc.oneof(fc.constant(undefined), value)).map(
      (chosen) => [name, chosen] as const,
    );
  });
  const more =
    typeof additionalProperties === 'object'
      ? fc.array(
          fc.tuple(fc.string({ minLength: 1, maxLength: 12 }), validValue(additionalProperties, names)),
          {
            maxLength: ITEMS_MAX,
          },
        )
      : fc.constant([]);
  return fc.tuple(fc.tuple(...fields), more).map(([own, others]): Value => ({
    kind: 'object',
    fields: [...own.flatMap(([name, value]) => (value ? [[name, value] as const] : [])), ...others],
  }));
}
