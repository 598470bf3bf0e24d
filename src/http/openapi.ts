import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { CALLS, RESOURCES } from '../contract/contract';
import { withDescriptions, withExamples } from './openapi-texts';
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
    theme: { title: 'hotsplit API' },
    logo: { type: 'image/svg+xml', content: WORDMARK, href: '/docs', target: '_self' },
    transformStaticCSP: (policy) => `${policy}; frame-ancestors 'none'`,
  });
}

/** The product's name where the pages would show their framework's. */
const WORDMARK = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 32"><rect width="32" height="32" rx="7" fill="#0f6b5c"/>' +
    '<path d="M7 10h5l4 6h9M7 22h5l4-6" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/>' +
    '<circle cx="25" cy="16" r="2.6" fill="#f2b84b"/>' +
    '<text x="42" y="22" fill="#fff" font-family="sans-serif" font-size="19" font-weight="700">hotsplit</text></svg>',
);

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
      ? withDescriptions(withExamples(inOrder(withDeepObjects(withOptionalBodies(document.openapiObject)))))
      : document.swaggerObject,
  // Shared shapes appear under their own names.
  refResolver: { buildLocalReference: (json) => (json as { $id: string }).$id },
};

/** What is an object stands in an address field by field: `metadata[tier]=gold`. */
function withDeepObjects<Document extends { readonly paths?: object }>(document: Document): Document {
  const operations = Object.values((document.paths ?? {}) as Paths).flatMap((path) => Object.values(path));
  for (const parameter of operations.flatMap(({ parameters = [] }) => parameters)) {
    if (parameter.in !== 'query' || parameter.schema?.type !== 'object') continue;
    parameter.style = 'deepObject';
    parameter.explode = true;
  }
  return document;
}

interface DescribedOperation {
  readonly parameters?: readonly {
    readonly in: string;
    readonly schema?: { readonly type?: unknown };
    style?: string;
    explode?: boolean;
  }[];
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
