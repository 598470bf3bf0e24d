import { Deadlines } from './deadlines';
import type { Endpoints } from './endpoints';
import { type EndedBy, NothingDoneError } from './errors';
import { type ClientSettings, timeoutMsOf } from './options';
import type { CallOptions } from './shapes';
import { type CallRequest, SingleCall } from './single-call';
import type { Time } from './time';
import { untilAborted } from './until-aborted';

/** The requests that are sent one by one: everything but deductions, holds and their confirms. */
export class Calls {
  readonly #live: Deadlines<SingleCall<unknown>>;

  constructor(
    private readonly endpoints: Endpoints,
    private readonly settings: ClientSettings,
    private readonly time: Time,
  ) {
    this.#live = new Deadlines(time);
  }

  get count(): number {
    return this.#live.count;
  }

  /** @throws HotsplitError */
  async call<T>(request: CallRequest<T>, { timeoutMs, signal }: CallOptions): Promise<T> {
    const deadlineMs = this.time.nowMs() + timeoutMsOf(timeoutMs, this.settings);
    if (this.#live.count >= this.settings.queueMax) throw tooMany(request.requestId);
    const { endpoints, settings: limits, time } = this;
    const call = new SingleCall(request, deadlineMs, { endpoints, deadlines: this.#live, time, limits });
    const answered = call.run();
    const forget = untilAborted(signal, (reason) => {
      call.end('ABORTED', reason);
    });
    try {
      return await answered;
    } finally {
      forget();
    }
  }

  end(by: EndedBy, cause?: unknown): void {
    for (const call of this.#live) call.end(by, cause);
  }
}

export function tooMany(requestId: string | undefined): NothingDoneError {
  return new NothingDoneError('QUEUE_FULL', 'too many requests are waiting; nothing was done', { requestId });
}
