import { Ajv, type ValidateFunction } from 'ajv';
import * as formats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';

/** Nothing is coerced, dropped or defaulted behind the caller's back. */
const ajv = formats.default(new Ajv({ allowUnionTypes: true, addUsedSchema: false }));

const compiled = new Map<string, ValidateFunction>();

/** The check of a schema. Many routes have the same in their path or query: each is compiled once. */
export function checkOf<T>(schema: object): ValidateFunction<T> {
  const text = JSON.stringify(schema);
  let check = compiled.get(text);
  if (!check) compiled.set(text, (check = ajv.compile(schema)));
  return check as ValidateFunction<T>;
}

/** Has a server check what comes by these. */
export function checkRequests(server: FastifyInstance): void {
  server.setValidatorCompiler(({ schema }) => checkOf(schema as object));
}
