import * as fc from 'fast-check';
import { Batcher } from './batcher';
import { Endpoint, Endpoints } from './endpoints';
import { type HotsplitError, NoAnswerError } from './errors';
import type { HttpAnswer, Transport } from './http-transport';
import { type DeductionEffect, readBatchAnswer } from './batch-answer';
import { PendingItem } from './pending-item';
import type { Time } from './time';

/** What the scripted service does with a batch. */
type Turn = 'answer' | 'lose' | 'refuse' | 'overloaded' | 'shuffle' | 'short' | 'page';

const TURNS: readonly Turn[] = [
  'answer',
  'answer',
  'lose',
  'refuse',
  'overloaded',
  'shuffle',
  'short',
  'page',
];

/**
 * Whatever order batches are answered in and whatever becomes of the answers, each deduction gets an answer about itself:
 * it succeeds only if the service carried it out, is refused only if no try of it was, and is sent with the same words.
 */
describe('Batcher', () => {
  it('gives each deduction its own answer in every interleaving', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...TURNS), { maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        async (turns, bursts, batchItemsMax) => {
          const service = new ScriptedService(turns);
          const endpoints = new Endpoints([new Endpoint(service), new Endpoint(service)], HASTY);
          const limits = { batchItemsMax, batchesInFlightMax: 2, inFlightMax: 12, queueMax: 1_000 };
          const pauses = { pauseMsFirst: 1, pauseMsMax: 1, attemptTimeoutMs: 1_000 };
          const batcher = new Batcher(endpoints, { ...limits, ...pauses }, HASTY, {
            path: '/',
            read: readBatchAnswer,
          });
          const ends: Promise<void>[] = [];
          for (const [burst, count] of bursts.entries()) {
            for (let n = 0; n < count; n += 1) ends.push(submit(batcher, service, `b${burst}-${n}`));
            await new Promise((resolve) => setImmediate(resolve));
          }
          await Promise.all(ends);
          expect(service.outMax).toBeLessThanOrEqual(12);
        },
      ),
      { numRuns: 60 },
    );
  });
});

async function submit(
  batcher: Batcher<DeductionEffect>,
  service: ScriptedService,
  requestId: string,
): Promise<void> {
  const json = JSON.stringify({ requestId, amount: '1' });
  const end = await new Promise<DeductionEffect | HotsplitError>((resolve) => {
    const settle = (item: PendingItem<DeductionEffect>, what: DeductionEffect | HotsplitError): void => {
      batcher.settled(item);
      resolve(what);
    };
    batcher.submit(new PendingItem(requestId, json, Infinity, { succeeded: settle, failed: settle }));
  });
  const isDone = service.effects.has(requestId);
  if (end instanceof Error) {
    expect(end.requestId).toBe(requestId);
    // A try that was lost may have been carried out: then it is unknown, never a refusal.
    if (service.lost.has(requestId)) expect(end.code).toBe('OUTCOME_UNKNOWN');
    else expect([end.code, isDone]).toEqual(['INSUFFICIENT_FUNDS', false]);
  } else {
    expect(isDone).toBe(true);
  }
}

let lookedAtMs = 0;

/** No pause is waited for: time passes with every look at the clock. */
const HASTY: Time = {
  nowMs: () => (lookedAtMs += 100),
  after: (_ms, action) => {
    const run = setImmediate(action);
    return () => {
      clearImmediate(run);
    };
  },
  soon: (action) => {
    setImmediate(action);
  },
  random: () => 0,
};

class ScriptedService implements Transport {
  readonly effects = new Set<string>();
  /** Those of which a try has no answer. */
  readonly lost = new Set<string>();
  outMax = 0;
  #out = 0;

  constructor(private readonly turns: Turn[]) {}

  async exchange({ body }: { readonly body?: string }): Promise<HttpAnswer> {
    const { items } = JSON.parse(body ?? '') as { items: { requestId: string }[] };
    this.#out += items.length;
    this.outMax = Math.max(this.outMax, this.#out);
    const turn = this.turns.shift() ?? 'answer';
    // Later batches may be answered first.
    for (let n = this.turns.length % 3; n >= 0; n -= 1) await new Promise((resolve) => setImmediate(resolve));
    this.#out -= items.length;
    const ids = items.map(({ requestId }) => requestId);
    const results = ids.map((requestId) => this.#carryOut(requestId, turn));
    if (turn !== 'answer' && turn !== 'refuse' && turn !== 'overloaded')
      for (const id of ids) this.lost.add(id);
    if (turn === 'lose') throw new NoAnswerError('lost', true);
    if (turn === 'page') return { status: 502, headers: {}, text: '<html>Bad Gateway</html>' };
    if (turn === 'short') results.pop();
    // A single one cannot be out of order: it is somebody else's then.
    if (turn === 'shuffle') results.push({ ...(results.shift() as object), requestId: 'another' });
    return { status: 200, headers: {}, text: JSON.stringify({ results }) };
  }

  close(): void {
    this.effects.clear();
  }

  #carryOut(requestId: string, turn: Turn): object {
    if (this.effects.has(requestId)) return { requestId, status: 'replayed' };
    if (turn === 'refuse')
      return { requestId, status: 'rejected', error: problem('INSUFFICIENT_FUNDS', 422) };
    if (turn === 'overloaded') return { requestId, status: 'rejected', error: problem('OVERLOADED', 503) };
    // Half of what is lost was lost on the way there.
    if (turn === 'answer' || requestId.length % 2 === 0) this.effects.add(requestId);
    return { requestId, status: 'succeeded' };
  }
}

function problem(code: string, status: number): object {
  return { code, status, title: code, detail: code };
}
