import { setTimeout as pause } from 'node:timers/promises';
import type { FaultPoint } from '../../src/engine/fault-points';
import { assertNever } from '../../src/ledger/assert-never';
import type { Asked } from './asked';
import { restAsks } from './rest-asks';
import type { RestClient } from './rest-client';

/** For a death to be noticed by those who wait for it. */
const LOOK_AGAIN_MS = 20;

/** What the account holds, in whole; each of its two shards has half. */
export const OPENING_MINOR = 40_000n;
/** More than one shard has, less than the account. */
const WHALE_MINOR = 30_000;

/** An account of its own for holds, which has moved once: its keys are not counted. */
export const HOLDS_ACCOUNT = 'crash-holds';

/** An account of its own for what is charged later. */
export const INTAKE_ACCOUNT = 'crash-intake';

/** An account of its own that goes below zero. */
const CREDIT_ACCOUNT = 'crash-credit';

const LAYOUTS = [
  { count: 6, shards: ['s1', 's2'] },
  { count: 2, shards: ['s0', 's2'] },
  { count: 4, shards: ['s0', 's1'] },
];

/** What has to be asked of a service, beside deductions and small spread credits, for it to come by a point. */
type Provocation =
  | 'nothing'
  | 'whales'
  | 'overdraw'
  | 'resize'
  | 'freeze'
  | 'hold'
  | 'cancel'
  | 'submit'
  | 'transfer'
  | 'creditLimit'
  | 'lowered';

export const PROVOCATIONS: Readonly<Record<FaultPoint, Provocation>> = {
  'transfer.leaving': 'whales',
  'transfer.departed': 'whales',
  'transfer.arrived': 'whales',
  'transfer.completed': 'whales',
  'recovery.found': 'nothing',
  'collector.departed': 'whales',
  'collector.locked': 'whales',
  'collector.paid': 'whales',
  'resize.asked': 'resize',
  'resize.begun': 'resize',
  'resize.announced': 'resize',
  'resize.prepared': 'resize',
  'resize.fencing': 'resize',
  'resize.fenced': 'resize',
  'resize.activating': 'resize',
  'resize.activated': 'resize',
  'resize.abandoning': 'nothing',
  'resize.settled': 'resize',
  'drain.leveled': 'resize',
  'hold.sought': 'cancel',
  'hold.expiring': 'hold',
  'intake.received': 'submit',
  'intake.charging': 'submit',
  'intake.screened': 'submit',
  'intake.refused': 'submit',
  'intake.moved': 'nothing',
  'payment.departed': 'transfer',
  'payment.decided': 'transfer',
  'payment.returned': 'nothing',
  'payment.found': 'nothing',
  'feed.found': 'nothing',
  'feed.published': 'nothing',
  'level.found': 'overdraw',
  'level.stepped': 'overdraw',
  'status.recorded': 'freeze',
  'status.told': 'freeze',
  'credit.begun': 'creditLimit',
  'credit.told': 'creditLimit',
  'credit.halting': 'lowered',
};

/**
 * Provokes until the service has died. What it asks for is a deduction and then the credit that brings it back,
 * one by one, so that everything can be paid when the credits are sent again first.
 *
 * @returns what was asked for
 */
export async function provoke(
  provocation: Provocation,
  rest: RestClient,
  { accountId, died }: { readonly accountId: string; readonly died: Promise<unknown> },
): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  const again = (ask: (turn: number) => Promise<unknown>): Promise<void> => untilDead(died, ask);
  const backAndForth = (name: string, amount: number): Promise<void> => {
    const ask = async (kind: Asked['kind'], turn: number): Promise<void> => {
      const request = { kind, requestId: `${name}-${kind}-${turn}`, amountMinor: BigInt(amount) };
      asked.push(request);
      for (;;) {
        const { kind: answer } = await restAsks(rest).submit(accountId, request);
        if (answer === 'applied' || answer === 'replayed') return;
      }
    };
    return again(async (turn) => {
      await ask('deduct', turn);
      await ask('credit', turn);
    });
  };
  switch (provocation) {
    case 'nothing':
      break;
    case 'whales':
      await backAndForth('whale', WHALE_MINOR);
      break;
    case 'overdraw':
      await again((turn) => rest.deduct(accountId, `over-${turn}`, Number(OPENING_MINOR) + 1));
      break;
    case 'resize':
      await again(async (turn) => {
        const begun = await rest.resize(accountId, LAYOUTS[turn % LAYOUTS.length]);
        if (begun.status === 202) await rest.ended(begun);
      });
      break;
    case 'freeze':
      await again(async (turn) => {
        await rest.send('POST', `/v1/accounts/${accountId}/${turn % 2 === 0 ? 'freeze' : 'unfreeze'}`);
      });
      break;
    case 'creditLimit':
      await again((turn) =>
        rest.send('PATCH', `/v1/accounts/${accountId}`, {
          json: { creditLimit: turn % 2 === 0 ? '1000' : '0' },
        }),
      );
      break;
    case 'lowered':
      // All of a credit line is used, and then half of it is taken away, and given back.
      await rest.createAccount({ id: CREDIT_ACCOUNT, subAccounts: 4, creditLimit: '100' });
      await again(async (turn) => {
        await rest.deduct(CREDIT_ACCOUNT, 'all', 100);
        await rest.send('PATCH', `/v1/accounts/${CREDIT_ACCOUNT}`, {
          json: { creditLimit: turn % 2 === 0 ? '50' : '100' },
        });
      });
      break;
    case 'hold':
      await again((turn) => rest.hold(HOLDS_ACCOUNT, `hold-${turn}`, 1, { expiresInSeconds: 1 }));
      break;
    case 'cancel':
      await again((turn) => rest.cancel(HOLDS_ACCOUNT, `never-tried-${turn}`));
      break;
    case 'transfer':
      await again((turn) => rest.transfer(INTAKE_ACCOUNT, HOLDS_ACCOUNT, `paid-${turn}`, 1));
      break;
    case 'submit':
      // One that can be paid, and one that cannot.
      await again(async (turn) => {
        await rest.submit(INTAKE_ACCOUNT, `later-${turn}`, 1);
        await rest.submit(INTAKE_ACCOUNT, `never-${turn}`, Number(OPENING_MINOR) + 1);
      });
      break;
    default:
      assertNever(provocation);
  }
  return asked;
}

/** Asks for something again and again. One that fails may have failed for another reason than the service's death. */
async function untilDead(died: Promise<unknown>, ask: (turn: number) => Promise<unknown>): Promise<void> {
  const service = { isDead: false };
  void died.then(() => (service.isDead = true));
  for (let turn = 0; !service.isDead; turn += 1) await ask(turn).catch(() => pause(LOOK_AGAIN_MS));
}
