/** A JSON object as a google.protobuf.Struct. */
export interface Struct {
  readonly fields: Readonly<Record<string, StructValue>>;
}

type StructValue =
  | { readonly nullValue: 0 }
  | { readonly boolValue: boolean }
  | { readonly numberValue: number }
  | { readonly stringValue: string }
  | { readonly listValue: { readonly values: readonly StructValue[] } }
  | { readonly structValue: Struct };

export function structOf(object: Readonly<Record<string, unknown>>): Struct {
  const fields = Object.entries(object).filter(([, value]) => value !== undefined);
  return { fields: Object.fromEntries(fields.map(([name, value]) => [name, valueOf(value)])) };
}

function valueOf(value: unknown): StructValue {
  switch (typeof value) {
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return { numberValue: value };
    case 'string':
      return { stringValue: value };
    case 'object':
      if (value === null) return { nullValue: 0 };
      if (Array.isArray(value)) return { listValue: { values: value.map(valueOf) } };
      return { structValue: structOf(value as Record<string, unknown>) };
    default:
      throw new TypeError(`JSON has no ${typeof value}`);
  }
}
