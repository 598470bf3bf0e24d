import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Stage } from '../terminal/progress';
import { chargeLog } from './charge-log';
import type { LogCharge, LogSettings } from './log-charge';

const ROWS_A_CHUNK = 1000;

/** Writes a log to a stream and leaves the stream open: it is somebody else's. */
export async function writeLogTo(out: Writable, settings: LogSettings, stage: Stage): Promise<void> {
  await pipeline(Readable.from(csvChunks(settings, stage)), out, { end: false });
}

/** Writes a log to a file, packed if its name ends in `.gz`. The file appears when it is complete. */
export async function writeLogFile(
  path: string,
  settings: LogSettings,
  { stage, stop }: { readonly stage: Stage; readonly stop: AbortSignal },
): Promise<void> {
  const partial = `${path}.partial`;
  const chunks = Readable.from(csvChunks(settings, stage));
  const file = createWriteStream(partial);
  try {
    if (path.endsWith('.gz')) await pipeline(chunks, createGzip(), file, { signal: stop });
    else await pipeline(chunks, file, { signal: stop });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    stop.throwIfAborted();
    throw error;
  }
}

function* csvChunks(settings: LogSettings, stage: Stage): Generator<string> {
  const { requestIds } = settings;
  let chunk = `ts_ms,account_id,amount${requestIds ? ',request_id' : ''}\n`;
  let rows = 0;
  for (const charge of chargeLog(settings)) {
    chunk += csvRow(charge, requestIds);
    rows += 1;
    if (rows % ROWS_A_CHUNK !== 0) continue;
    yield chunk;
    stage.reached(rows);
    chunk = '';
  }
  if (chunk !== '') yield chunk;
  stage.reached(rows);
}

function csvRow({ tsMs, accountId, amount, requestId }: LogCharge, requestIds: boolean): string {
  return `${tsMs},${accountId},${amount}${requestIds ? `,${requestId}` : ''}\n`;
}
