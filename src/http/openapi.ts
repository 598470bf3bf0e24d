import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { CALLS, RESOURCES } from '../contract/contract';
import { PRODUCT_VERSION } from '../platform/version';

/** Describes the routes that are registered from now on. @param isShown whether the description and its pages are served */
export async function describeApi(server: FastifyInstance, isShown: boolean): Promise<void> {
  for (const resource of RESOURCES) server.addSchema(resource);
  await server.register(swagger, OPENAPI);
  if (!isShown) return;
  await registerPages(server);
  registerDescription(server);
}

/** The description of the API, which does not change while the service runs. */
function registerDescription(server: FastifyInstance): void {
  let description: string | undefined;
  server.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    description ??= JSON.stringify(server.swagger());
    return reply.type('application/json; charset=utf-8').send(description);
  });
}

/** The API's pages for people. They load nothing from elsewhere, and no other site may frame them. */
async function registerPages(server: FastifyInstance): Promise<void> {
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: (policy) => `${policy}; frame-ancestors 'none'`,
  });
}

const OPENAPI: Parameters<typeof swagger>[1] = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'hotsplit',
      version: PRODUCT_VERSION,
      description:
        'Exact, durable, idempotent deductions and credits on accounts too hot for one database row.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/', description: 'This service.' }],
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    security: [{ key: [] }],
  },
  transform: ({ schema, url, route }) => {
    const body = route.config?.call?.documentedBody;
    return { url, schema: body ? { ...schema, body } : schema };
  },
  transformObject: (document) =>
    'openapiObject' in document
      ? inOrder(withOptionalBodies(document.openapiObject))
      : document.swaggerObject,
  // Shared shapes appear under their own names.
  refResolver: { buildLocalReference: (json) => (json as { $id: string }).$id },
};

interface DescribedOperation {
  readonly operationId?: string;
  readonly requestBody?: {
    required?: boolean;
    readonly content?: Readonly<Record<string, { readonly schema?: { type?: unknown } }>>;
  };
}

type Paths = Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;

/** Paths in the order of the contract, whatever the order in which modules register their routes. */
function inOrder<Document extends { paths?: object }>(document: Document): Document {
  const paths = Object.entries((document.paths ?? {}) as Paths).map(([path, operations]) => {
    const sorted = Object.entries(operations).sort(([, a], [, b]) => rankOf(a) - rankOf(b));
    return [path, Object.fromEntries(sorted), Math.min(...sorted.map(([, each]) => rankOf(each)))] as const;
  });
  paths.sort(([, , a], [, , b]) => a - b);
  document.paths = Object.fromEntries(paths.map(([path, operations]) => [path, operations]));
  return document;
}

function rankOf({ operationId }: DescribedOperation): number {
  const rank = CALLS.findIndex(({ name }) => name === operationId);
  return rank === -1 ? CALLS.length : rank;
}

/** A body that may be `null` to us may be absent to the caller, and is described so. */
function withOptionalBodies<Document extends { readonly paths?: object }>(document: Document): Document {
  const paths = (document.paths ?? {}) as Paths;
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  for (const { requestBody } of operations) {
    const schema = requestBody?.content?.['application/json']?.schema;
    if (!requestBody || !schema || !Array.isArray(schema.type) || !schema.type.includes('null')) continue;
    requestBody.required = false;
    schema.type = 'object';
  }
  return document;
}
