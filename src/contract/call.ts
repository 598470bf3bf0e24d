import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import type { Permission } from '../platform/principal';

/**
 * One thing that a client may ask for, at whichever door: what it is called, who may ask, what is given and what is
 * answered. Schemas are JSON Schema: the doors compile them, OpenAPI shows them, and the types below are read off them.
 */
export interface Call {
  /** The same at every door and in generated clients. */
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  /** The group that the description lists it in. */
  readonly group: 'accounts' | 'deductions' | 'credits' | 'holds' | 'events' | 'admin' | 'operations';
  /** What a key needs for it; `null` where none is needed. */
  readonly scope: Permission | null;
  /**
   * Who sees to a key's limits to some accounts: by default the door, by the account in the path. A call without one is then
   * not for limited keys.
   */
  readonly limitsKept?: 'by the handler';
  /**
   * Of a list: how many rows its answer has at most, where the request has no `limit`. Lists are read a few at a time and within
   * bounds, for each takes as much as many deductions.
   */
  readonly rows?: number;
  /** False where the audit log does not tell of it, though it needs a scope of administrators. */
  readonly audited?: boolean;
  /** What of it counts for `deductionsPerSecond` of its key: the call itself, or each of its `items`. */
  readonly deductions?: 'one' | 'items';
  /** Without a key: the longest that a request may be held back when its address asks too often. */
  readonly heldMsMax?: number;
  /** The resource that is meant. */
  readonly path?: JSONSchema;
  readonly query?: JSONSchema;
  readonly headers?: JSONSchema;
  /** With `null` among its types, it may be left out. */
  readonly body?: JSONSchema;
  /** What the description says of the body, where that is more than is checked before the handler. */
  readonly documentedBody?: object;
  /** Where it may be larger than bodies are in general. */
  readonly bodyBytesMax?: number;
  /** What each success looks like, by its HTTP status. What is refused is a problem of the catalog, at every call. */
  readonly answers: Readonly<Record<number, object>>;
}

/** The types of what a call is given, as its schemas let it through. */
export type PathOf<C extends Call> = Given<C['path']>;
export type QueryOf<C extends Call> = Given<C['query']>;
export type HeadersOf<C extends Call> = Given<C['headers']>;
export type BodyOf<C extends Call> = Given<C['body']>;

/** A default is described to callers; nothing fills it in before the handler. */
export type Given<Schema> = Schema extends JSONSchema
  ? FromSchema<Schema, { keepDefaultedPropertiesOptional: true }>
  : undefined;

/** Whether it counts for the rates of the account in its path. Whoever administers accounts must be able to lift a rate. */
export function usesAccount({ path, scope }: Call): boolean {
  const named = typeof path === 'object' && path.properties?.['accountId'] !== undefined;
  return named && scope !== null && scope !== 'admin' && scope !== 'accounts';
}

/** A schema for the query: nothing but what is named. */
export function queryOf<const Properties extends Readonly<Record<string, JSONSchema>>>(
  properties: Properties,
) {
  return { type: 'object', additionalProperties: false, properties } as const;
}

/** The answer of a list, page by page. */
export function pageOf(resource: { readonly $id: string }, description: string) {
  return {
    description,
    type: 'object',
    required: ['items'],
    properties: {
      items: { type: 'array', items: { $ref: `${resource.$id}#` } },
      nextCursor: { type: 'string' },
    },
  } as const;
}

/** The answer that is one resource. */
export function answer(resource: { readonly $id: string }, description: string) {
  return { description, $ref: `${resource.$id}#` } as const;
}
