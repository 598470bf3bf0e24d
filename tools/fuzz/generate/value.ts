/**
 * A JSON value as it will be written: not what it means but its source text, so that what no value can say (`1e400`, `-0`,
 * a name twice) can be sent. What is only known when it is sent is a place to be filled in.
 */
export type Value =
  | { readonly kind: 'raw'; readonly text: string }
  | { readonly kind: 'object'; readonly fields: readonly Field[] }
  | { readonly kind: 'array'; readonly items: readonly Value[] }
  | Known
  /** The n-th of a small stock of ids: made new at first, met again later. */
  | { readonly kind: 'stock'; readonly name: string; readonly index: number };

export type Field = readonly [name: string, value: Value];

/** Something the service has told or taken before, by its name; see `KnownValues`. */
export interface Known {
  readonly kind: 'known';
  readonly name: string;
  /** Which one, 0–1. */
  readonly pick: number;
  /** For when there is none. */
  readonly otherwise: Value;
}

export const raw = (text: string): Value => ({ kind: 'raw', text });
export const literal = (value: unknown): Value => raw(JSON.stringify(value));

/** All places of a value, the outermost first: a place is the steps that lead to it. */
export function placesOf(value: Value, steps: readonly number[] = []): (readonly number[])[] {
  return [steps, ...childrenOf(value).flatMap((child, index) => placesOf(child, [...steps, index]))];
}

function childrenOf(value: Value): readonly Value[] {
  if (value.kind === 'object') return value.fields.map(([, child]) => child);
  return value.kind === 'array' ? value.items : [];
}

/** The value with whatever stands at a place changed. */
export function changedAt(value: Value, steps: readonly number[], change: (at: Value) => Value): Value {
  const [step, ...rest] = steps;
  if (step === undefined) return change(value);
  if (value.kind === 'object')
    return {
      kind: 'object',
      fields: value.fields.map((field, index) =>
        index === step ? [field[0], changedAt(field[1], rest, change)] : field,
      ),
    };
  if (value.kind === 'array')
    return {
      kind: 'array',
      items: value.items.map((item, index) => (index === step ? changedAt(item, rest, change) : item)),
    };
  return value;
}

/** The name of the field that a place lies in, nearest first. */
export function fieldAt(value: Value, steps: readonly number[]): string {
  let name = '';
  let at: Value | undefined = value;
  for (const step of steps) {
    if (at?.kind === 'object') name = at.fields[step]?.[0] ?? name;
    at = at && childrenOf(at)[step];
  }
  return name;
}
