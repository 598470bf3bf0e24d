import { HotsplitClient, RefusedError } from '../../client';
import type { CommandContext } from '../command-context';
import { Interrupted, OperatorFault } from '../faults';
import { pauseUnlessAborted } from '../service/unless-aborted';
import { grouped } from '../terminal/tables';
import { Crowd } from './crowd';
import type { OwnService } from './own-service';

export interface DemoResult {
  readonly applied: number;
  readonly refused: number;
  readonly failed: number;
  readonly seconds: number;
  readonly resizes: number;
  readonly balanced: boolean;
}

interface DemoOptions {
  readonly rate: number;
  readonly seconds?: number;
}

/** The first has most of the crowd. */
const ACCOUNTS = ['streamer-1', ...Array.from({ length: 11 }, (_, n) => `streamer-${n + 2}`)];
const HOT = 'streamer-1';
const OPENING = 10n ** 12n;
/** It begins as one row, and gets more, and fewer, while it is in use. */
const SIZES = [8, 16, 4, 12];
const FIRST_RESIZE_MS = 5_000;
const RESIZE_EVERY_MS = 10_000;
const LINE_EVERY_MS = 2_000;
const AUDIT_MS_MAX = 300_000;

/** Ends when it is stopped, when its time is over, or when the service ends. */
export async function runDemo(
  service: OwnService,
  { rate, seconds }: DemoOptions,
  { context, signal }: { readonly context: CommandContext; readonly signal: AbortSignal },
): Promise<DemoResult> {
  const client = new HotsplitClient({ endpoints: service.url, apiKey: service.key });
  try {
    await makeAccounts(client);
    announce(service, context);
    const crowd = new Crowd(client, ACCOUNTS, context.random);
    const end = new AbortController();
    const until = AbortSignal.any([signal, end.signal]);
    const begunAtMs = context.clock.nowMs();
    const resizing = new Resizing(
      client,
      (await client.shards()).map(({ name }) => name),
      context,
    );
    const parts = [
      crowd.pay(rate, context.clock, until),
      resizing.run(until),
      report(crowd, context, until),
      ...(seconds === undefined ? [] : [timeIsOver(seconds, context, until)]),
      service.ended.then(() => {
        throw new OperatorFault('the service has ended by itself');
      }),
    ];
    await ended(parts, end);
    const elapsedMs = context.clock.nowMs() - begunAtMs;
    context.err.write('ending: waiting for answers, then an audit …\n');
    await crowd.settled();
    await resizing.settled();
    const balanced = await audited(client);
    return { ...crowd.counts, seconds: elapsedMs / 1_000, resizes: resizing.count, balanced };
  } finally {
    await client.close();
  }
}

class TimeIsOver extends Error {}

/** All parts stop when the first one does. @throws what was not meant to end it */
async function ended(parts: readonly Promise<unknown>[], end: AbortController): Promise<void> {
  const reason = await Promise.race(parts).then(
    () => undefined,
    (error: unknown) => error,
  );
  end.abort(new TimeIsOver());
  // What ends behind the first has ended because of it; the service's end is waited for by who stops it.
  for (const part of parts) part.catch(() => undefined);
  if (!(reason instanceof TimeIsOver) && !(reason instanceof Interrupted)) throw reason;
}

async function timeIsOver(seconds: number, { clock }: CommandContext, signal: AbortSignal): Promise<never> {
  await pauseUnlessAborted(clock, seconds * 1_000, signal);
  throw new TimeIsOver();
}

async function makeAccounts(client: HotsplitClient): Promise<void> {
  for (const id of ACCOUNTS)
    await client.createAccount({ id, asset: 'USD/2', subAccounts: 1, initialBalance: OPENING });
}

function announce({ url, key }: OwnService, { err }: CommandContext): void {
  err.write(`console   ${url}/console\nAPI       ${url}/docs\nkey       ${key}\n`);
  err.write('Sign in to the console with the key. Ctrl-C ends the demo.\n\n');
}

/** Changes the hot account's size again and again. */
class Resizing {
  count = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: HotsplitClient,
    private readonly shards: readonly string[],
    private readonly context: CommandContext,
  ) {}

  async run(signal: AbortSignal): Promise<never> {
    await pauseUnlessAborted(this.context.clock, FIRST_RESIZE_MS, signal);
    for (let turn = 0; ; turn += 1) {
      this.#last = this.#resize(SIZES[turn % SIZES.length] ?? 1);
      await this.#last;
      await pauseUnlessAborted(this.context.clock, RESIZE_EVERY_MS, signal);
    }
  }

  /** Resolves when the resize that is under way has ended. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #resize(count: number): Promise<void> {
    const { err } = this.context;
    err.write(`resizing ${HOT} to ${count} sub-accounts, under load …\n`);
    try {
      const { operationId } = await this.client.resize({
        accountId: HOT,
        count,
        shards: this.shards.slice(0, count),
      });
      await this.client.waitFor(operationId);
      this.count += 1;
      err.write(`${HOT} has ${count} sub-accounts\n`);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      err.write(`not resized this time: ${error.message}\n`);
    }
  }
}

async function report(crowd: Crowd, { err, clock }: CommandContext, signal: AbortSignal): Promise<never> {
  for (let before = { ...crowd.counts, atMs: clock.nowMs() }; ;) {
    await pauseUnlessAborted(clock, LINE_EVERY_MS, signal);
    const now = { ...crowd.counts, atMs: clock.nowMs() };
    const rate = ((now.applied - before.applied) * 1_000) / (now.atMs - before.atMs);
    err.write(
      `${grouped(Math.round(rate)).padStart(7)} payments/s   ${grouped(now.applied)} in all, ` +
        `${grouped(now.refused)} refused, ${grouped(now.failed)} failed\n`,
    );
    before = now;
  }
}

async function audited(client: HotsplitClient): Promise<boolean> {
  const { operationId } = await client.audit();
  const { result } = await client.waitFor(operationId, { timeoutMs: AUDIT_MS_MAX });
  return result?.['balanced'] === true;
}
