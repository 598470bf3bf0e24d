import { Batcher, type BatchKind } from './batcher';
import { tooMany } from './calls';
import { Deadlines } from './deadlines';
import type { Endpoints } from './endpoints';
import type { EndedBy, HotsplitError } from './errors';
import { type ClientSettings, timeoutMsOf } from './options';
import { type ItemOwner, PendingItem } from './pending-item';
import type { CallOptions } from './shapes';
import type { Time } from './time';
import { untilAborted } from './until-aborted';

export interface MergedCallsParts {
  readonly endpoints: Endpoints;
  readonly settings: ClientSettings;
  readonly time: Time;
}

/** The requests of one kind that travel in batches, from the user's call to the batcher and back. */
export class MergedCalls<Effect> {
  readonly #live: Deadlines<PendingItem<Effect>>;
  readonly #batcher: Batcher<Effect>;

  constructor(
    private readonly parts: MergedCallsParts,
    kind: BatchKind<Effect>,
  ) {
    const { endpoints, settings, time } = parts;
    this.#live = new Deadlines(time);
    this.#batcher = new Batcher(endpoints, settings, time, kind);
  }

  get count(): number {
    return this.#live.count;
  }

  /** @throws NothingDoneError when too many wait */
  begin<Result>(
    call: MergedCall<Effect, Result>,
    { requestId, json, repeatedBy = requestId }: MergedItem,
    { timeoutMs, signal }: CallOptions,
  ): void {
    const { settings, time } = this.parts;
    const deadlineMs = time.nowMs() + timeoutMsOf(timeoutMs, settings);
    if (this.#batcher.isFull) throw tooMany(repeatedBy);
    const item = new PendingItem(requestId, json, deadlineMs, call, repeatedBy);
    this.#live.add(item);
    this.#batcher.submit(item);
    if (signal) call.forget = untilAborted(signal, (reason) => item.end('ABORTED', reason));
  }

  settled(item: PendingItem<Effect>): void {
    this.#live.remove(item);
    this.#batcher.settled(item);
  }

  endAll(by: EndedBy, cause?: unknown): void {
    for (const item of this.#live) item.end(by, cause);
  }

  end(by: EndedBy): void {
    this.endAll(by);
    this.#batcher.close();
  }
}

/** What is sent of a request, and by which ids it is known. */
interface MergedItem {
  /** By which its result is found in an answer. */
  readonly requestId: string;
  readonly json: string;
  /** With which its user sends it again, where that is another id. */
  readonly repeatedBy?: string;
}

/** The user's side of one request that travels in batches. */
export abstract class MergedCall<Effect, Result> implements ItemOwner<Effect> {
  /** Takes back what waits for the user's signal. */
  forget: (() => void) | undefined;

  constructor(
    private readonly calls: MergedCalls<Effect>,
    private readonly resolve: (result: Result) => void,
    private readonly reject: (error: HotsplitError) => void,
  ) {}

  /** What the user gets. */
  protected abstract resultOf(effect: Effect, requestId: string): Result;

  succeeded(item: PendingItem<Effect>, effect: Effect): void {
    this.#settled(item);
    this.resolve(this.resultOf(effect, item.requestId));
  }

  failed(item: PendingItem<Effect>, error: HotsplitError): void {
    this.#settled(item);
    this.reject(error);
  }

  #settled(item: PendingItem<Effect>): void {
    this.forget?.();
    this.calls.settled(item);
  }
}
