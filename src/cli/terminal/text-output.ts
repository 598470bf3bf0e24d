import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { harmlessLines } from './harmless';

/** Where commands write to. */
export interface TextOutput {
  /** @returns false when whoever reads is behind */
  write(text: string): boolean;
  /** Resolves when more may be written. */
  drained(): Promise<void>;
}

/** A stream to which nothing comes that a terminal would obey, but colours. */
export class HarmlessOutput implements TextOutput {
  constructor(private readonly stream: Writable) {}

  write(text: string): boolean {
    return this.stream.write(harmlessLines(text));
  }

  async drained(): Promise<void> {
    if (this.stream.writableNeedDrain) await once(this.stream, 'drain');
  }
}

/** Keeps what is written, for what is shown as a whole. */
export class KeptOutput implements TextOutput {
  text = '';

  write(text: string): boolean {
    this.text += harmlessLines(text);
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }
}
