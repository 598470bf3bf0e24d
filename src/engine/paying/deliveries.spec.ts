import type { Command } from '../../ledger/command';
import type { Payment } from '../../ledger/payment';
import type { LaneOutcome } from '../engine-outcome';
import { Deliveries, type DeliveryParts } from './deliveries';

const FULL: LaneOutcome = { kind: 'overloaded', shard: 'there' };
const payment = {
  accountId: 'payer',
  subAccount: 0,
  requestId: 'p',
  amountMinor: 10n,
  payee: { accountId: 'payee', shard: 'there', subAccount: 0 },
} as Payment;

/** Lanes that answer what is given, one after the other, and the last of it for ever. */
function setUp(answers: readonly LaneOutcome[]) {
  const submitted: [string, Command['kind']][] = [];
  let sleptMs = 0;
  const shards = {
    ensure: () => Promise.resolve(),
    has: () => true,
    lanes: (shard: string) => ({
      submit: ({ kind }: Command) => {
        submitted.push([shard, kind]);
        return Promise.resolve(answers[Math.min(submitted.length, answers.length) - 1] as LaneOutcome);
      },
    }),
    shard: () => ({ forgetPayments: () => Promise.resolve() }),
  };
  const deliveries = new Deliveries({
    shards: shards as unknown as DeliveryParts['shards'],
    accounts: { peek: () => undefined },
    transfers: { forward: () => Promise.resolve(0) },
    observer: {} as DeliveryParts['observer'],
    sleep: (ms) => {
      sleptMs += ms;
      return Promise.resolve();
    },
    newId: () => 'id',
  });
  return { deliveries, submitted, slept: () => sleptMs };
}

function decided(kind: 'transfer-in' | 'transfer-refused'): LaneOutcome {
  return { kind: 'applied', entry: { kind }, departures: [] } as unknown as LaneOutcome;
}

describe('the delivery of a payment', () => {
  it('waits for room in a lane that is full', async () => {
    const { deliveries, submitted } = setUp([FULL, FULL, decided('transfer-in')]);
    expect(await deliveries.deliver('here', payment)).toBe('arrived');
    expect(submitted).toEqual(Array(3).fill(['there', 'payIn']));
  });

  it('brings back what is refused as soon as there is room for that', async () => {
    const { deliveries, submitted } = setUp([decided('transfer-refused'), FULL, decided('transfer-in')]);
    expect(await deliveries.deliver('here', payment)).toBe('returned');
    expect(submitted).toEqual([
      ['there', 'payIn'],
      ['here', 'payBack'],
      ['here', 'payBack'],
    ]);
  });

  it('is left to recovery after a while', async () => {
    const { deliveries, slept } = setUp([FULL]);
    expect(await deliveries.deliver('here', payment)).toBe('waits');
    expect(slept()).toBe(2_000);
  });

  it('does not wait for a shard that is away', async () => {
    const { deliveries, slept } = setUp([{ kind: 'shardUnavailable', shard: 'there' }]);
    expect(await deliveries.deliver('here', payment)).toBe('waits');
    expect(slept()).toBe(0);
  });
});
