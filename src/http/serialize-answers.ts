import fastJson from 'fast-json-stringify';
import type { FastifyInstance } from 'fastify';
import { RESOURCES } from '../contract/contract';

type Schema = Parameters<typeof fastJson>[0];
type Serializer = (answer: unknown) => string;

const SHARED: ReadonlyMap<string, Schema> = new Map(
  RESOURCES.map((resource) => [resource.$id, resource as unknown as Schema]),
);

const compiled = new Map<string, Serializer>();

/**
 * Compiles each serializer once, from the shared schemas that it names. Left to itself, the framework compiles one for every
 * status of every route, most of which are the problem's, each time from all shared schemas: that was half of a start.
 */
export function serializeAnswers(server: FastifyInstance): void {
  server.setSerializerCompiler(({ schema }) => {
    const text = JSON.stringify(schema);
    let serializer = compiled.get(text);
    if (!serializer) {
      serializer = fastJson(schema as Schema, { schema: Object.fromEntries(namedIn(text)) });
      compiled.set(text, serializer);
    }
    return serializer;
  });
}

/** The shared schemas that a schema names, and those that these name. */
function namedIn(text: string, named = new Map<string, Schema>()): ReadonlyMap<string, Schema> {
  for (const [, name = ''] of text.matchAll(/"\$ref":"([^"#]+)#"/g)) {
    const schema = SHARED.get(name);
    if (!schema || named.has(name)) continue;
    named.set(name, schema);
    namedIn(JSON.stringify(schema), named);
  }
  return named;
}
