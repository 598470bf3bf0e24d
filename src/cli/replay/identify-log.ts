import { createHash } from 'node:crypto';
import { OperatorFault } from '../faults';
import type { Stage } from '../terminal/progress';
import { type LogFile, openLog } from './log-file';

/** What tells a log from every other, and how long it is. */
export interface LogIdentity {
  readonly sha256: string;
  readonly contentBytes: number;
  /** Line breaks, and one more where the last line has none. */
  readonly lines: number;
}

const NEWLINE = 0x0a;

/**
 * Reads the whole log once: a checkpoint may only be used with the log that it was made for. It is the content that counts, so
 * that a log is the same when it is packed or unpacked.
 */
export async function identifyLog(
  file: LogFile,
  { stage, stop }: { readonly stage: Stage; readonly stop: AbortSignal },
): Promise<LogIdentity> {
  const hash = createHash('sha256');
  const { content, fileBytesRead } = openLog(file);
  let contentBytes = 0;
  let newlines = 0;
  let lastByte = NEWLINE;
  try {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      hash.update(chunk);
      contentBytes += chunk.length;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) newlines += 1;
      lastByte = chunk[chunk.length - 1] ?? lastByte;
      stage.reached(fileBytesRead());
      stop.throwIfAborted();
    }
  } catch (error) {
    stop.throwIfAborted();
    throw new OperatorFault(`${file.path} cannot be read to its end: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const lines = lastByte === NEWLINE ? newlines : newlines + 1;
  return { sha256: hash.digest('hex'), contentBytes, lines };
}
