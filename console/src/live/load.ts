import { type Load, LoadWatch as SharedWatch } from '../../../src/load/load-watch';
import { get } from '../api/client';

export type { Load, Point } from '../../../src/load/load-watch';

/** What the service counts, asked for from this page. */
export class LoadWatch {
  readonly #watch = new SharedWatch();

  async look(signal: AbortSignal): Promise<Load> {
    return this.#watch.note(await get<string>('/console/load', signal), Date.now());
  }

  get known(): Load | undefined {
    return this.#watch.known;
  }
}
