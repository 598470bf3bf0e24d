import fc from 'fast-check';
import { HOSTILE } from '../../../../test/setup/hostile-values';
import { pick } from '../pick';
import { changedAt, fieldAt, placesOf, raw, type Value } from '../value';
import { type Change, onValues } from './change';
import { FIELD_NAMES, HOSTILE_BY_FIELD, hostileSource } from './hostile-sources';

const place = fc.noBias(fc.nat(40));

/** The place that a number means in a value, the whole seldom. */
function placeIn(value: Value, at: number): readonly number[] {
  const places = placesOf(value);
  return places[places.length === 1 ? 0 : 1 + (at % (places.length - 1))] ?? [];
}

const inBody = (what: string, change: (body: Value) => Value): Change =>
  onValues(what, (draft) => ({ ...draft, again: undefined, body: draft.body && change(draft.body) }));

/** What is wrong with the values of a body that is JSON. */
export const bodyChanges: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(place, hostileSource)
      .map(([at, source]) =>
        inBody(`a value becomes ${source.slice(0, 60)}`, (body) =>
          changedAt(body, placeIn(body, at), () => raw(source)),
        ),
      ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(place, pick).map(([at, chosen]) =>
      inBody('a value becomes one that its field may not have', (body) => {
        const steps = placeIn(body, at);
        const literals = Object.values(HOSTILE_BY_FIELD[fieldAt(body, steps)] ?? HOSTILE.amount);
        return changedAt(body, steps, () => raw(literals[Math.floor(chosen * literals.length)] ?? 'null'));
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: place.map((at) =>
      inBody('a field is left out', (body) =>
        inObject(body, (fields) => fields.filter((_, index) => index !== at % fields.length)),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.oneof(fc.constantFrom(...FIELD_NAMES), fc.string({ unit: 'binary', maxLength: 8 })),
        hostileSource,
      )
      .map(([name, source]) =>
        inBody(`a field ${JSON.stringify(name)} more`, (body) =>
          inObject(body, (fields) => [...fields, [name, raw(source)]]),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(place, hostileSource).map(([at, source]) =>
      inBody('a field twice', (body) =>
        inObject(body, (fields) => {
          const field = fields[at % Math.max(1, fields.length)];
          return field ? [...fields, [field[0], raw(source)]] : fields;
        }),
      ),
    ),
  },
);

function inObject(
  body: Value,
  change: (fields: readonly (readonly [string, Value])[]) => readonly (readonly [string, Value])[],
): Value {
  return body.kind === 'object' ? { kind: 'object', fields: change(body.fields) } : body;
}
