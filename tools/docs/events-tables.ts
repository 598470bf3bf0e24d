import { event, EVENTS } from '../../src/contract/events';
import { alignedTable, code } from './aligned-table';

interface Field {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
}

interface Resource {
  readonly $id: string;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Field>>;
}

/** Every type of event, in the order of the contract. */
export function eventsTable(): string {
  return alignedTable(
    ['type', 'when', '`data`', '`partitionkey`'],
    Object.entries(EVENTS).map(([type, { when, data, order }]) => [
      code(type),
      when,
      `[${data.$id}](#${data.$id.toLowerCase()})`,
      order,
    ]),
  );
}

export function envelopeTable(): string {
  return fieldsTable(event);
}

/** What `data` may be, each with its fields. */
export function eventDataTables(): string {
  const resources = new Map(Object.values(EVENTS).map(({ data }) => [data.$id, data as Resource]));
  return [...resources.values()]
    .map((resource) => `### ${resource.$id}\n\n${fieldsTable(resource)}`)
    .join('\n\n');
}

function fieldsTable({ required, properties }: Resource): string {
  return alignedTable(
    ['field', 'is', 'always there', 'means'],
    Object.entries(properties).map(([name, field]) => [
      code(name),
      kindOf(field),
      required.includes(name) ? 'yes' : 'no',
      field.description ?? '',
    ]),
  );
}

function kindOf({ type = 'object', format, enum: values }: Field): string {
  if (values) return values.map(code).join(', ');
  return format === 'date-time' ? 'time' : type;
}
