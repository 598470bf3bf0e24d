import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { OperatorFault } from '../faults';

/** The content of a log, unpacked if need be, with a count of how much of the file has been read for it. */
export interface LogContent {
  readonly content: Readable;
  readonly fileBytesRead: () => number;
}

export interface LogFile {
  readonly path: string;
  readonly fileBytes: number;
  readonly modifiedMs: number;
  readonly packed: boolean;
}

/** Looks at a log. What it is packed with is told by its first bytes, not by its name. */
export async function findLog(path: string): Promise<LogFile> {
  const file = await open(path).catch((error: unknown) => {
    throw new OperatorFault(`the log ${path} cannot be opened: ${(error as Error).message}`, {
      cause: error,
    });
  });
  try {
    const { size, mtimeMs } = await file.stat().then((stats) => {
      // Every log is read twice or more, which a pipe cannot offer.
      if (!stats.isFile()) throw new OperatorFault(`${path} is no regular file`);
      return stats;
    });
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    const packed = bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    return { path, fileBytes: size, modifiedMs: mtimeMs, packed };
  } finally {
    await file.close();
  }
}

/** Reads a log from its start. Errors, a cut-off archive among them, come out of the stream. */
export function openLog({ path, packed }: LogFile): LogContent {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const fileBytesRead = () => file.bytesRead;
  if (!packed) return { content: file, fileBytesRead };
  const unpacked = createGunzip();
  // The callback only keeps the error from being unhandled; whoever reads the last stream meets it there.
  pipeline(file, unpacked, () => undefined);
  return { content: unpacked, fileBytesRead };
}
