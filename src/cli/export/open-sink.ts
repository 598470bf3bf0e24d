import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import type { EntrySink } from './exported-entry';
import { parquetSink } from './parquet-sink';
import { CSV, NDJSON, textSink } from './text-sinks';

export const EXPORT_FORMATS = ['parquet', 'csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Lines to an output that stays open: it is somebody else’s. */
export function outputSink(format: Exclude<ExportFormat, 'parquet'>, out: Writable): EntrySink {
  const sink = textSink(out, format === 'csv' ? CSV : NDJSON);
  return { ...sink, finish: () => sink.write([]), abandon: () => Promise.resolve() };
}

/** A file that appears when it is whole. One that is there is replaced then. */
export async function fileSink(format: ExportFormat, path: string): Promise<EntrySink> {
  const partial = `${path}.partial`;
  const sink = format === 'parquet' ? await parquetSink(partial) : textFileSink(format, partial);
  return {
    write: (entries) => sink.write(entries),
    finish: async () => {
      await sink.finish();
      await rename(partial, path);
    },
    abandon: () => rm(partial, { force: true }),
  };
}

function textFileSink(format: 'csv' | 'ndjson', path: string): Pick<EntrySink, 'write' | 'finish'> {
  const file = createWriteStream(path);
  // A file that cannot be written is told by `finished`, and by the next line.
  const ended = finished(file);
  ended.catch(() => undefined);
  const sink = textSink(file, format === 'csv' ? CSV : NDJSON);
  return {
    write: async (entries) => {
      await Promise.race([sink.write(entries), ended]);
    },
    finish: async () => {
      await Promise.race([sink.write([]), ended]);
      file.end();
      await ended;
    },
  };
}
