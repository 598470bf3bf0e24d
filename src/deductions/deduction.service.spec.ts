import { accountRecord } from '../../test/models/account-record';
import { TestClock } from '../../test/models/test-clock';
import { AccountRates } from '../platform/rates/account-rates';
import { RateLimits } from '../platform/rates/rate-limits';
import type { AccountService } from '../accounts/account.service';
import type { EngineOutcome } from '../engine/engine-outcome';
import type { EngineRuntime } from '../engine/runtime';
import type { Metrics } from '../platform/metrics';
import type { AccountRecord } from '../shards/directory/account-record';
import { DeductionService, type MoneyRequest, type OneOfMany } from './deduction.service';

/** Of accounts whose name says so: one deduction a second. */
const ratesOf = (accountId: string) =>
  accountId.includes('limited') ? { requestsPerSecond: null, deductionsPerSecond: 1 } : null;

const deduct = (accountId: string, requestId: string): MoneyRequest => ({
  kind: 'deduct',
  accountId,
  requestId,
  amountMinor: 1n,
});

/** A service whose engine answers when the test says so, and whose directory knows the accounts that begin with "known". */
function serviceWith(cached: readonly string[] = []) {
  const reads: string[] = [];
  const counted: string[] = [];
  const waiting = new Map<string, PromiseWithResolvers<EngineOutcome>>();
  const record = (accountId: string): AccountRecord =>
    accountRecord({ accountId, rates: ratesOf(accountId) });
  const runtime = {
    accounts: { peek: (id: string) => (cached.includes(id) ? record(id) : undefined) },
    engine: {
      submit: ({ requestId }: { requestId: string }) => {
        const answer = Promise.withResolvers<EngineOutcome>();
        waiting.set(requestId, answer);
        return answer.promise;
      },
    },
  } as unknown as EngineRuntime;
  const accounts = {
    read: (id: string) => {
      reads.push(id);
      if (id === 'unreadable') return Promise.reject(new Error('the directory is away'));
      return Promise.resolve(id.startsWith('known') ? record(id) : undefined);
    },
  } as unknown as AccountService;
  const metrics = {
    commandDone: (kind: string, outcome: string) => counted.push(`${kind} ${outcome}`),
  } as unknown as Metrics;
  const rates = new AccountRates(new RateLimits({ surroundings: new TestClock() }), () => undefined);
  return { service: new DeductionService(accounts, runtime, metrics, rates), reads, counted, waiting };
}

/** The outcomes of many in their order, once all have come. */
function outcomesOf(
  service: DeductionService,
  requests: readonly MoneyRequest[],
): Promise<readonly OneOfMany[]> {
  return new Promise((resolve) => {
    const outcomes: OneOfMany[] = [];
    let left = requests.length;
    service.executeEach(requests, (position, outcome) => {
      outcomes[position] = outcome;
      if ((left -= 1) === 0) resolve(outcomes);
    });
  });
}

const overloaded = { kind: 'overloaded', shard: 's0' } as const;

describe('many deductions at once', () => {
  test('come to outcomes in the order of the requests, whatever ends first', async () => {
    const { service, waiting, counted } = serviceWith(['known']);
    const outcomes = outcomesOf(service, [deduct('known', 'a'), deduct('nobody', 'b'), deduct('known', 'c')]);
    waiting.get('c')?.resolve({ kind: 'keyReused' });
    waiting.get('a')?.resolve(overloaded);
    expect(await outcomes).toEqual([overloaded, { kind: 'accountNotFound' }, { kind: 'keyReused' }]);
    expect(counted.sort()).toEqual(['deduct accountNotFound', 'deduct keyReused', 'deduct overloaded']);
  });

  test('look each account up once', async () => {
    const { service, reads } = serviceWith();
    const requests = ['x', 'y', 'x', 'x', 'y'].map((id, n) => deduct(id, `k-${n}`));
    expect(await outcomesOf(service, requests)).toEqual(requests.map(() => ({ kind: 'accountNotFound' })));
    expect(reads).toEqual(['x', 'y']);
  });

  test('tell of what cannot be read, or fails, where it was asked for, and carry out the others', async () => {
    const { service, waiting, counted } = serviceWith(['known']);
    const outcomes = outcomesOf(service, [
      deduct('unreadable', 'a'),
      deduct('known', 'b'),
      deduct('known', 'c'),
    ]);
    const error = new Error('the shard of a past placement is away');
    waiting.get('b')?.reject(error);
    waiting.get('c')?.resolve(overloaded);
    expect(await outcomes).toEqual([
      { kind: 'rejected', error: new Error('the directory is away') },
      { kind: 'rejected', error },
      overloaded,
    ]);
    expect(counted).toEqual(['deduct overloaded']);
  });

  test('are taken from the rates of their accounts one by one, also where an account has to be looked up first', async () => {
    const { service, waiting } = serviceWith(['limited']);
    const outcomes = outcomesOf(
      service,
      ['limited', 'limited', 'known', 'limited', 'known limited', 'known limited'].map((id, n) =>
        deduct(id, `k-${n}`),
      ),
    );
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    for (const answer of waiting.values()) answer.resolve(overloaded);
    const limited = { kind: 'rateLimited', perSecond: 1, waitMs: 1_000 };
    expect([...waiting.keys()].sort()).toEqual(['k-0', 'k-2', 'k-4']);
    expect(await outcomes).toEqual([overloaded, limited, overloaded, limited, overloaded, limited]);
  });

  test('are told one by one as they end', () => {
    const { service, waiting } = serviceWith(['known']);
    const told: number[] = [];
    const both = new Promise<void>((resolve) => {
      service.executeEach([deduct('known', 'a'), deduct('known', 'b')], (position) => {
        told.push(position);
        if (told.length === 2) resolve();
        else waiting.get('a')?.resolve(overloaded);
      });
    });
    waiting.get('b')?.resolve(overloaded);
    return both.then(() => {
      expect(told).toEqual([1, 0]);
    });
  });
});
