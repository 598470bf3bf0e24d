import type { Clock } from '../../kernel/clock';
import { way } from '../faults/way';
import type { Called } from '../history/events';
import type { Op } from '../load/clients';
import { read } from '../load/rest';
import { Recovery } from './recovery';

/** After this long without a fault nothing may fail any more. */
export const GRACE_MS = 5_000;

/** A call that failed while nothing was broken. */
export interface QuietFailure {
  readonly fromMs: number;
  readonly toMs: number;
  readonly service: number;
  readonly account: string;
  readonly said: string;
}

/** A call that had to wait although nothing was wrong with its service, its shard and the way between, for a while. */
export interface Beside {
  readonly ms: number;
  readonly fromMs: number;
  readonly way: string;
  /** What was broken elsewhere when it ended. */
  readonly during: string;
}

/** Looks on while a run goes: counts, how soon things work again, and how it is when nothing is broken. */
export class Watchers {
  acknowledged = 0;
  calls = 0;
  readonly recovery: Recovery;
  readonly quietLatenciesMs: number[] = [];
  readonly quietFailures: QuietFailure[] = [];
  quietCalls = 0;
  readonly besideLatenciesMs: number[] = [];
  slowestBeside: Beside | undefined;
  readonly #broken = new Set<string>();
  #faultBeganMs = -Infinity;
  #wholeSinceMs = 0;

  constructor(private readonly clock: Clock) {
    this.recovery = new Recovery(clock);
  }

  broken({ services, ways }: { services: readonly number[]; ways: readonly string[] }, by: string): void {
    this.#broken.add(by);
    this.#faultBeganMs = this.clock.nowMs();
    for (const what of [...services.map(serviceName), ...ways]) this.recovery.broken(what, by);
  }

  whole({ services, ways }: { services: readonly number[]; ways: readonly string[] }, by: string): void {
    this.#broken.delete(by);
    this.#wholeSinceMs = this.clock.nowMs();
    for (const what of [...services.map(serviceName), ...ways]) this.recovery.whole(what);
  }

  called(called: Called, op: Op): void {
    if (called.door === 'lookup' || called.door === 'outcome') return;
    const { status, body, service, fromMs, toMs } = called;
    this.calls += 1;
    if (status !== undefined && status < 300) {
      this.acknowledged += 1;
      this.recovery.succeeded(serviceName(service));
      const shard = status === 201 && body !== undefined ? read(body)['shard'] : undefined;
      if (typeof shard === 'string') this.#succeededOn(way(service, shard), called);
    }
    if (this.#wasQuiet(fromMs)) this.#quietCall(called, op, toMs - fromMs);
  }

  #succeededOn(name: string, { service, fromMs, toMs }: Called): void {
    this.recovery.succeeded(name);
    if (this.#broken.size === 0) return;
    for (const what of [name, serviceName(service)])
      if (!this.recovery.wasSound(what, fromMs, GRACE_MS)) return;
    const ms = toMs - fromMs;
    this.besideLatenciesMs.push(ms);
    if (ms > (this.slowestBeside?.ms ?? 0))
      this.slowestBeside = { ms, fromMs, way: name, during: [...this.#broken].join(', ') };
  }

  /** Nothing has been broken from the grace before its beginning until now. */
  #wasQuiet(fromMs: number): boolean {
    return this.#broken.size === 0 && this.#faultBeganMs < fromMs && fromMs > this.#wholeSinceMs + GRACE_MS;
  }

  #quietCall({ status, code, why, service, fromMs, toMs, door }: Called, op: Op, ms: number): void {
    this.quietCalls += 1;
    if (door === 'single') this.quietLatenciesMs.push(ms);
    if (status !== undefined && status < 500) return;
    const said = status === undefined ? `no answer (${why ?? '?'})` : `${status} ${code ?? ''}`;
    this.quietFailures.push({ fromMs, toMs, service, account: op.account, said });
  }
}

function serviceName(number: number): string {
  return `service ${number}`;
}
