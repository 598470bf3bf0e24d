import type { ParquetWriter } from 'hyparquet-writer';
import { COLUMNS, type EntrySink, type ExportedEntry } from './exported-entry';

type SchemaElement = ParquetWriter['schema'][number];

/** Rows that are kept in memory until they are written together. */
const GROUP_ROWS = 50_000;

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const amount = { type: 'INT64' } as const;
const moment = {
  type: 'INT64',
  converted_type: 'TIMESTAMP_MILLIS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
} as const;

const TYPES: Readonly<Record<keyof ExportedEntry, Omit<SchemaElement, 'name'>>> = {
  account_id: text,
  asset: text,
  created_at: moment,
  kind: text,
  change: amount,
  balance: amount,
  request_id: text,
  reverses: text,
  hold_id: text,
  counterparty: text,
  reference: text,
  metadata: text,
  shard: text,
  sub_account: { type: 'INT32' },
};

const OPTIONAL: ReadonlySet<string> = new Set([
  'reverses',
  'hold_id',
  'counterparty',
  'reference',
  'metadata',
]);

const SCHEMA: SchemaElement[] = [
  { name: 'entries', num_children: COLUMNS.length },
  ...COLUMNS.map((name) => ({
    name,
    ...TYPES[name],
    repetition_type: OPTIONAL.has(name) ? ('OPTIONAL' as const) : ('REQUIRED' as const),
  })),
];

/** Writes a Parquet file, group of rows by group: no more than one is in memory. */
export async function parquetSink(path: string): Promise<Pick<EntrySink, 'write' | 'finish'>> {
  // A module of its own kind: whoever exports nothing does not load it.
  const { fileWriter, ParquetWriter } = await import('hyparquet-writer');
  const writer = new ParquetWriter({ writer: fileWriter(path), schema: SCHEMA, createdBy: 'hotsplit' });
  let rows: ExportedEntry[] = [];
  const flush = async (): Promise<void> => {
    const columnData = COLUMNS.map((name) => ({ name, data: rows.map((row) => valueOf(row, name)) }));
    rows = [];
    await writer.write({ columnData, rowGroupSize: GROUP_ROWS });
  };
  return {
    write: async (entries) => {
      rows.push(...entries);
      if (rows.length >= GROUP_ROWS) await flush();
    },
    finish: async () => {
      await flush();
      await writer.finish();
    },
  };
}

function valueOf(row: ExportedEntry, name: keyof ExportedEntry) {
  const value = row[name];
  return name === 'created_at' ? new Date(row.created_at) : value;
}
