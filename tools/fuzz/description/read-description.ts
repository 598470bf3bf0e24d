import type { DescribedContent, Operation, Parameter, Schema } from './operation';

type Json = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

/** Every operation of an OpenAPI 3 document. @throws Error for a document that refers to nothing */
export function readDescription(document: Json): Operation[] {
  const secured = (document['security'] as unknown[] | undefined) ?? [];
  return Object.entries(document['paths'] as Record<string, Json>).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, node]) =>
        operationOf({
          path,
          method,
          node: resolved(document, node) as Json,
          secured,
          shows: shownBy((node as Json)['responses'] as Record<string, Json>),
        }),
      ),
  );
}

interface Given {
  readonly path: string;
  readonly method: string;
  readonly node: Json;
  readonly secured: readonly unknown[];
  readonly shows: string | undefined;
}

function operationOf({ path, method, node, secured, shows }: Given): Operation {
  const requestBody = node['requestBody'] as Json | undefined;
  const content = requestBody?.['content'] as Record<string, Json> | undefined;
  const responses = (node['responses'] ?? {}) as Record<string, Json>;
  const body = content?.['application/json']?.['schema'];
  return {
    id: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    parameters: ((node['parameters'] ?? []) as Json[]).map(parameterOf),
    body: body as Schema | undefined,
    isBodyRequired: requestBody?.['required'] === true,
    needsKey: ((node['security'] as unknown[] | undefined) ?? secured).length > 0,
    answers: Object.fromEntries(
      Object.entries(responses).map(([status, response]) => [
        status.toUpperCase().replace('DEFAULT', 'default'),
        contentOf(response),
      ]),
    ),
    shows,
  };
}

function parameterOf(node: Json): Parameter {
  return {
    name: String(node['name']),
    in: node['in'] as Parameter['in'],
    required: node['required'] === true,
    schema: node['schema'] ?? {},
  };
}

function contentOf(response: Json): DescribedContent {
  const content = (response['content'] ?? {}) as Record<string, Json>;
  return Object.fromEntries(
    Object.entries(content).map(([type, { schema }]) => [type, (schema ?? {}) as Schema]),
  );
}

/** The name of the shape that a success shows, alone or in a list. */
function shownBy(responses: Readonly<Record<string, Json>>): string | undefined {
  for (const [status, response] of Object.entries(responses)) {
    if (!status.startsWith('2')) continue;
    const [, name] = /"\$ref":"#\/components\/schemas\/(\w+)"/.exec(JSON.stringify(response)) ?? [];
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The node without references. A shape that contains itself ends in a schema that allows anything. */
function resolved(document: Json, node: unknown, inside: readonly string[] = []): unknown {
  if (Array.isArray(node)) return node.map((each) => resolved(document, each, inside));
  if (typeof node !== 'object' || node === null) return node;
  const { $ref, ...rest } = node as Record<string, unknown>;
  const own = Object.fromEntries(
    Object.entries(rest).map(([name, each]) => [name, resolved(document, each, inside)]),
  );
  if (typeof $ref !== 'string') return own;
  if (inside.includes($ref)) return {};
  const target = $ref
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((at, step) => (at as Json | undefined)?.[step], document);
  if (target === undefined) throw new Error(`the description refers to nothing: ${$ref}`);
  return { ...(resolved(document, target, [...inside, $ref]) as object), ...own };
}
