import { EXAMPLES } from '../../src/contract/examples';
import { eventually } from '../setup/eventually';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly example?: unknown;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** The API's description, and the page that shows it to people. */
describe('[sqlite] /docs', () => {
  let site: ServiceSite;
  let service: TestService;
  let description: Description;
  let operations: { readonly method: string; readonly path: string; readonly operation: Operation }[];

  beforeAll(async () => {
    site = await sqliteSites.make(4);
    service = await startTestService(site);
    description = (await service.rest.send('GET', '/openapi.json')).body as unknown as Description;
    operations = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  it('has the product’s own name and mark, and none of the framework’s', async () => {
    const page = await fetch(`${service.rest.url}/docs`).then((answer) => answer.text());
    expect(page).toContain('<title>hotsplit API</title>');
    const start = await fetch(`${service.rest.url}/docs/static/swagger-initializer.js`).then((answer) =>
      answer.text(),
    );
    const [, logo = ''] = /data:image\/svg\+xml;base64,([A-Za-z0-9+/=]+)/.exec(start) ?? [];
    expect(Buffer.from(logo, 'base64').toString()).toContain('>hotsplit</text>');
  });

  it('says of every field and parameter what it is', () => {
    const schemas = [
      ...Object.entries(description.components.schemas),
      ...operations.flatMap(({ operation }) =>
        [operation.requestBody, ...Object.values(operation.responses)].flatMap((content) =>
          Object.values(content?.content ?? {}).map(({ schema }) => [operation.operationId, schema] as const),
        ),
      ),
    ];
    const parameters = operations.flatMap(({ operation }) =>
      (operation.parameters ?? [])
        .filter((each) => !each.description)
        .map(({ name }) => `${operation.operationId} ${name}`),
    );
    expect([...schemas.flatMap(([name, schema]) => undescribed(schema, name)), ...parameters]).toEqual([]);
  });

  it('shows with each call the example that there is of it', () => {
    const named = operations.map(({ operation }) => operation.operationId);
    expect(Object.keys(EXAMPLES).filter((name) => !named.includes(name))).toEqual([]);
    for (const { operation } of operations) {
      const { path = {}, query = {}, body } = EXAMPLES[operation.operationId] ?? {};
      expect(operation.requestBody?.content['application/json']?.example).toEqual(body);
      for (const [name, value] of Object.entries({ ...path, ...query }))
        expect(operation.parameters?.find((each) => each.name === name)?.example).toBe(value);
    }
  });

  it('shows examples that can be sent as they are, one after the other', async () => {
    const send = async (name: string, body?: unknown) => {
      const { path: values = {}, query = {}, body: own } = EXAMPLES[name] ?? {};
      const { method, path } = operations.find(({ operation }) => operation.operationId === name) ?? {
        method: '',
        path: '',
      };
      const filled = path.replace(/\{(\w+)\}/g, (_, field: string) => values[field] ?? '');
      const search = new URLSearchParams(query).toString();
      const raw = body ?? own;
      return service.rest.send(method, search === '' ? filled : `${filled}?${search}`, {
        ...(raw !== undefined && { raw: JSON.stringify(raw) }),
      });
    };
    // Somebody to be paid, made from the same example under another id.
    await send('createAccount', { ...(EXAMPLES['createAccount']?.body as object), id: 'publisher-1' });
    for (const name of Object.keys(EXAMPLES)) {
      const { status, body } = await send(name);
      expect([name, status < 300, status < 300 ? '' : body]).toEqual([name, true, '']);
      expect([name, JSON.stringify(body)]).toEqual([name, expect.not.stringContaining('"rejected"')]);
      if (status === 202) await ended((body as { operationId: string }).operationId);
    }
  });

  /** One operation of an account at a time. */
  async function ended(operationId: string): Promise<void> {
    await eventually(`the end of ${operationId}`, async () => {
      const { body } = await service.rest.send('GET', `/v1/admin/operations/${operationId}`);
      return (body as { status: string }).status === 'running' ? undefined : true;
    });
  }
});

function undescribed(schema: Schema | undefined, at: string): string[] {
  const own = Object.entries(schema?.properties ?? {}).flatMap(([name, property]) => [
    ...(property.$ref === undefined && !property.description ? [`${at}.${name}`] : []),
    ...undescribed(property, `${at}.${name}`),
  ]);
  return [...own, ...(schema?.items ? undescribed(schema.items, `${at}[]`) : [])];
}
