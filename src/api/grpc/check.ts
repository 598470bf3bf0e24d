import { Ajv, type ValidateFunction } from 'ajv';
import type { BodyOf, Call, HeadersOf, PathOf, QueryOf } from '../../contract/call';
import { fieldFaults } from '../../contract/field-faults';
import { Problem } from '../../contract/problem';

/** Times, the only texts with a format, come as google.protobuf.Timestamp. */
const ajv = new Ajv({ allowUnionTypes: true, strict: false, validateFormats: false });

type Part<Given> = [NonNullable<Given>] extends [never] ? unknown : NonNullable<Given>;

/** What a message of a call says: what REST has in path, query, headers and body. */
export type SaidIn<C extends Call> = Part<PathOf<C>> &
  Part<QueryOf<C>> &
  Part<HeadersOf<C>> &
  Part<BodyOf<C>>;

/** The message of a call that takes effect once under its request id. */
export type Keyed<C extends Call> = SaidIn<C> & { readonly requestId: string };

interface Fields {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, object>>;
}

/**
 * Compiles the check of a call's message: its fields have the names and rules of the contract, wherever REST has them.
 *
 * @param keyed the message names the request id, which REST may take from a header instead
 * @param renamed fields of the path that a message calls something else, since it has another field of that name
 */
export function checkOf<Said>(
  call: Call,
  { keyed = false, renamed = {} }: { keyed?: boolean; renamed?: Readonly<Record<string, string>> } = {},
): ValidateFunction<Said> {
  const path = fieldsOf(call.path);
  const nameOf = (name: string): string => renamed[name] ?? name;
  const parts = [call.query, keyed ? undefined : call.headers, call.body].map(fieldsOf);
  return ajv.compile<Said>({
    type: 'object',
    required: [
      ...(path.required ?? []).map(nameOf),
      ...parts.flatMap(({ required = [] }) => required),
      ...(keyed ? ['requestId'] : []),
    ],
    properties: Object.fromEntries([
      ...Object.entries(path.properties ?? {}).map(([name, rule]) => [nameOf(name), rule]),
      ...parts.flatMap(({ properties = {} }) => Object.entries(properties)),
    ]),
  });
}

/** @throws Problem INVALID_ARGUMENT */
export function checked<Said>(isValid: ValidateFunction<Said>, said: unknown): Said {
  if (isValid(said)) return said;
  throw new Problem('INVALID_ARGUMENT', { errors: fieldFaults(isValid.errors ?? [], 'message') });
}

function fieldsOf(schema: Call['body']): Fields {
  return typeof schema === 'object' ? (schema as Fields) : {};
}
