import fc from 'fast-check';
import type { Operation, Parameter } from '../description/operation';
import type { Change } from './changes/change';
import { hostileChange } from './changes/hostile-change';
import type { KnownValues } from './known-values';
import { pick } from './pick';
import { type Draft, render, type Sender } from './render';
import { bytesOf, type Delivery } from './request';
import { validValue, type ValueNames } from './valid-value';
import { knownName, namesToKnow } from './value-names';
import type { Field, Value } from './value';

/** What is to be sent: a request as the description wants it, and what is done to it then. */
export interface Plan {
  readonly draft: Draft;
  readonly changes: readonly Change[];
}

/** Plans for all operations. @param vocabulary values of fields that a schema cannot describe */
export function plans(
  operations: readonly Operation[],
  vocabulary: ValueNames['vocabulary'],
): fc.Arbitrary<Plan> {
  const toKnow = namesToKnow(operations);
  const drafts = operations.map((operation) => ({
    weight: weightOf(operation),
    arbitrary: draftOf(operation, {
      vocabulary,
      knownAs: (field) => knownName(field, operation),
      isKnown: (name) => toKnow.has(name),
    }),
  }));
  const changes = fc.oneof(
    { weight: 5, arbitrary: fc.constant<readonly Change[]>([]) },
    { weight: 5, arbitrary: fc.array(hostileChange, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(hostileChange, { minLength: 2, maxLength: 3 }) },
  );
  return fc.record({ draft: fc.oneof(...drafts), changes });
}

/** What begins work behind its answer is asked for less often; what begins work on everything, seldom. */
function weightOf({ answers, path }: Operation): number {
  if (answers['202'] === undefined || answers['201'] !== undefined) return 200;
  return path.includes('{') ? 30 : 12;
}

function draftOf(operation: Operation, names: ValueNames): fc.Arbitrary<Draft> {
  const { parameters, body, isBodyRequired } = operation;
  const at = (place: Parameter['in']): fc.Arbitrary<readonly Field[]> =>
    fieldsOf(
      parameters.filter((each) => each.in === place),
      names,
    );
  const draft = fc.record({
    operation: fc.constant(operation),
    about: pick,
    again: seldom(pick, 9),
    path: at('path'),
    query: at('query'),
    headers: at('header'),
    body:
      body === undefined ? fc.constant<Value | undefined>(undefined) : bodyOf(body, isBodyRequired, names),
  });
  return fc.tuple(draft, pick).map(([each, where]) => keyedOnce(each, where));
}

const KEY_HEADER = 'idempotency-key';
const KEY_FIELD = 'requestId';

/** The key of a request may be in one place or the other; in both, or in none, it is refused. @param where 0–1 */
function keyedOnce(draft: Draft, where: number): Draft {
  const { headers, body } = draft;
  const takesHeader = draft.operation.parameters.some(({ name }) => name.toLowerCase() === KEY_HEADER);
  if (!takesHeader || body?.kind !== 'object' || where > 0.95) return draft;
  const [, given] =
    [...body.fields, ...headers].find(([name]) => name === KEY_FIELD || name === KEY_HEADER) ?? [];
  const stock: Value = { kind: 'stock', name: KEY_FIELD, index: Math.floor(where * 10_000) };
  // Half of the keys are new ones, most likely.
  const key = where > 0.5 ? stock : (given ?? stock);
  const others = {
    fields: body.fields.filter(([name]) => name !== KEY_FIELD),
    headers: headers.filter(([name]) => name !== KEY_HEADER),
  };
  return where < 0.2
    ? {
        ...draft,
        body: { kind: 'object', fields: others.fields },
        headers: [...others.headers, [KEY_HEADER, key]],
      }
    : {
        ...draft,
        body: { kind: 'object', fields: [...others.fields, [KEY_FIELD, key]] },
        headers: others.headers,
      };
}

function bodyOf(
  schema: NonNullable<Operation['body']>,
  isRequired: boolean,
  names: ValueNames,
): fc.Arbitrary<Value | undefined> {
  const value = validValue(schema, names);
  return isRequired ? value : fc.option(value, { nil: undefined });
}

function fieldsOf(parameters: readonly Parameter[], names: ValueNames): fc.Arbitrary<readonly Field[]> {
  const fields = parameters.map(({ name, required, schema }) => {
    const value = parameterValue(name, schema, names, required);
    return (required ? value : seldom(value, 1)).map((chosen) => [name, chosen] as const);
  });
  return fc
    .tuple(...fields)
    .map((all) => all.flatMap(([name, value]) => (value ? [[name, value] as const] : [])));
}

/** Nothing most of the time: `nothing` times as often as something. */
function seldom<T>(something: fc.Arbitrary<T>, nothing: number): fc.Arbitrary<T | undefined> {
  return fc.oneof(
    { weight: nothing, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: something },
  );
}

/** What a path names is mostly there: nothing deeper is reached without it. */
function parameterValue(
  name: string,
  schema: Parameter['schema'],
  names: ValueNames,
  required: boolean,
): fc.Arbitrary<Value> {
  const value = validValue(schema, names, name);
  if (!names.isKnown(name) || (schema.enum ?? []).length > 0 || !required) return value;
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(pick, value)
        .map(([chosen, otherwise]): Value => ({ kind: 'known', name, pick: chosen, otherwise })),
    },
    { weight: 1, arbitrary: value },
  );
}

/** The bytes that a plan comes to, now that the values are known. */
export function deliveryOf({ draft, changes }: Plan, known: KnownValues, sender: Sender): Delivery {
  const drafted = changes.reduce(
    (each, change) => (change.stage === 'values' ? change.apply(each) : each),
    draft,
  );
  const request = changes.reduce(
    (each, change) => (change.stage === 'request' ? change.apply(each) : each),
    render(drafted, known, sender),
  );
  const whole: Delivery = { bytes: bytesOf(request), requests: [request], manner: 'whole' };
  return changes.reduce((each, change) => (change.stage === 'delivery' ? change.apply(each) : each), whole);
}
