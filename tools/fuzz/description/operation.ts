/** JSON Schema as far as the description of a REST API uses it. References are resolved before anything reads it. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly maxProperties?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly required: boolean;
  readonly schema: Schema;
}

/** What one status is described to answer with: a schema for each content type; none for an answer without a body. */
export type DescribedContent = Readonly<Record<string, Schema>>;

/** One operation of the description, references resolved. */
export interface Operation {
  /** `POST /v1/accounts`. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly isBodyRequired: boolean;
  readonly needsKey: boolean;
  /** By status as the description writes it: `201`, `4XX`, `default`. */
  readonly answers: Readonly<Record<string, DescribedContent>>;
  /** What a success shows, `Account` say: its `id` is an `accountId` elsewhere. */
  readonly shows: string | undefined;
}
