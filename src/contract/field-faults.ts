import { FIELD_RULES } from './fields';
import type { FieldFault } from './problem';

/** What a compiled check says of a value that breaks its schema. */
export interface SchemaFault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string | undefined;
}

/** The first fault of each field, in words. */
export function fieldFaults(faults: readonly SchemaFault[], whole: string): FieldFault[] {
  const rules = new Map<string, string>();
  for (const fault of faults) {
    const { field, rule } = describe(fault, whole);
    if (!rules.has(field)) rules.set(field, rule);
  }
  return [...rules].map(([field, rule]) => ({ field, rule }));
}

function describe(fault: SchemaFault, whole: string): FieldFault {
  const { keyword, params, message = 'is not valid' } = fault;
  const path = fault.instancePath.split('/').slice(1);
  if (keyword === 'required')
    return { field: [...path, String(params['missingProperty'])].join('.'), rule: 'is required' };
  if (keyword === 'additionalProperties') {
    return {
      field: [...path, String(params['additionalProperty'])].join('.').slice(0, 100),
      rule: 'is not a known field',
    };
  }
  if (path.length === 0) return { field: whole, rule: keyword === 'type' ? 'a JSON object' : message };
  return { field: path.join('.').slice(0, 100), rule: FIELD_RULES[path[0] ?? ''] ?? message };
}
