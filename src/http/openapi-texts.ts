import { EXAMPLES } from '../contract/examples';
import { FIELD_DESCRIPTIONS } from '../contract/field-descriptions';

interface Schema {
  description?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  description?: string;
  example?: unknown;
  readonly schema?: Schema;
}

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
}

interface Content {
  readonly content?: Readonly<Record<string, { schema?: Schema; example?: unknown }>>;
}

interface Described {
  readonly paths?: unknown;
  readonly components?: unknown;
}

/** Puts the example of each call where the API's pages take it from, for people to send it. */
export function withExamples<Document extends Described>(shared: Document): Document {
  // Schemas are those that requests are checked by: they stay as they are.
  const document = JSON.parse(JSON.stringify(shared)) as Document;
  for (const operation of operationsOf(document)) {
    const { path = {}, query = {}, body } = EXAMPLES[operation.operationId ?? ''] ?? {};
    for (const parameter of operation.parameters ?? []) {
      const value = (parameter.in === 'path' ? path : query)[parameter.name];
      if (value !== undefined && parameter.in !== 'header') parameter.example = value;
    }
    const json = operation.requestBody?.content?.['application/json'];
    if (json && body !== undefined) json.example = body;
  }
  return document;
}

/** Says of every field what it is, where its schema does not. */
export function withDescriptions<Document extends Described>(document: Document): Document {
  for (const { parameters = [], requestBody, responses = {} } of operationsOf(document)) {
    for (const parameter of parameters) {
      const { schema, name } = parameter;
      parameter.description ??= schema?.description ?? FIELD_DESCRIPTIONS[name] ?? '';
    }
    for (const content of [requestBody, ...Object.values(responses)])
      for (const { schema } of Object.values(content?.content ?? {})) describe(schema);
  }
  const { schemas = {} } = (document.components ?? {}) as {
    readonly schemas?: Readonly<Record<string, Schema>>;
  };
  for (const schema of Object.values(schemas)) describe(schema);
  return document;
}

function operationsOf({ paths = {} }: Described): readonly Operation[] {
  const known = paths as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  return Object.values(known).flatMap((path) => Object.values(path));
}

function describe(schema: Schema | undefined): void {
  if (!schema) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const text = FIELD_DESCRIPTIONS[name];
    if (property.$ref === undefined && text !== undefined) property.description ??= text;
    describe(property);
  }
  describe(schema.items);
}
