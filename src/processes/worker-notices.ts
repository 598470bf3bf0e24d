import type { Notice, Notices } from '../platform/notices';
import type { WorkerLine } from './worker-line';

/** Notices between the workers of one machine, passed on by their primary. They are not kept: what is told reaches those that are there. */
export class WorkerNotices implements Notices {
  readonly #listeners: ((notice: Notice) => void)[] = [];

  constructor(private readonly line: Pick<WorkerLine, 'tell' | 'onNotice'>) {
    line.onNotice((notice) => {
      this.#hear(notice);
    });
  }

  publish(notice: Notice): void {
    this.#hear(notice);
    void this.line.tell({ kind: 'notice', notice });
  }

  subscribe(listener: (notice: Notice) => void): void {
    this.#listeners.push(listener);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  #hear(notice: Notice): void {
    for (const listener of this.#listeners) listener(notice);
  }
}
