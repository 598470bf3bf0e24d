import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { HistoryEvent } from './events';

/** Writes a history while it happens. */
export class HistoryFile {
  readonly #stream: WriteStream;

  constructor(readonly path: string) {
    this.#stream = createWriteStream(path);
  }

  write(event: HistoryEvent): void {
    this.#stream.write(`${JSON.stringify(event)}\n`);
  }

  /** Resolves when all of it is in the file. */
  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.once('error', reject);
      this.#stream.end(() => {
        resolve();
      });
    });
  }
}

export async function* readHistory(path: string): AsyncGenerator<HistoryEvent> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
    yield JSON.parse(line) as HistoryEvent;
}
