import { fingerprint } from '../../../src/engine/fingerprint';
import { transferMoney } from '../../../src/transfers/transfer-money';
import type { Answer } from '../model/answer-rules';
import type { Asked } from '../model/asked';
import type { SimInstance } from '../world/sim-instance';
import { callDoor } from './door';
import { type AccountPlan, clamp } from './plan';
import type { Site } from './site';

/** Of the payments, those of all there is, and sometimes of one unit more. */
const ALL_SHARE = 0.07;

/** Of the payments, those to an account that cannot be paid, whatever becomes of it. */
const IMPOSSIBLE_SHARE = 0.04;

const NO_PAYEE = { payee: 'nobody', payeeIs: 'missing' } as const;

interface To {
  readonly payee: string;
  readonly payeeIs?: NonNullable<Asked['payeeIs']>;
}

/** Everybody who pays from one account to another. */
export class Payers {
  constructor(private readonly site: Site) {}

  /** A payment under a new key, from an account to any other one that is there; `undefined` where there is none. */
  newPayment(
    { accountId, unitMinor, subAccounts, largeShare }: AccountPlan,
    requestId: string,
  ): Asked | undefined {
    const { chance, world } = this.site;
    const to = this.#anyPayee(accountId);
    if (!to) return undefined;
    const { payableMinor } = world.model.account(accountId);
    const shareMinor = (payableMinor > 0n ? payableMinor : 0n) / BigInt(subAccounts) + unitMinor;
    const amountMinor = chance.happens(largeShare)
      ? 1n + (shareMinor * BigInt(chance.between(0, 300))) / 100n
      : chance.happens(ALL_SHARE)
        ? payableMinor + (chance.happens(0.3) ? 1n : 0n)
        : BigInt(chance.between(1, 9)) * unitMinor;
    return toPayment({ accountId, requestId, amountMinor: clamp(amountMinor), ...to });
  }

  /** The same key, for something else: another amount, or another account. */
  otherwise(asked: Asked): Asked {
    const { chance } = this.site;
    const { accountId, requestId, payee, payeeIs, amountMinor } = asked;
    const same = payee === undefined ? NO_PAYEE : { payee, ...(payeeIs && { payeeIs }) };
    const to = (chance.happens(0.5) ? this.#anyPayee(accountId) : undefined) ?? same;
    return toPayment({ accountId, requestId, amountMinor: clamp(amountMinor + 1n), ...to });
  }

  /** One call of one key, at one instance. */
  async ask(asked: Asked, instance: SimInstance): Promise<Answer> {
    const { site } = this;
    const { accountId, payee = NO_PAYEE.payee, requestId, amountMinor } = asked;
    const call = site.calls.begin(asked, site.nowMs);
    const told = await callDoor(site, instance, {
      what: `pay ${accountId} ${requestId} ${amountMinor} to ${payee}`,
      about: requestId,
      accountId,
      brings: true,
      paid: payee,
      carryOut: (at) => transferMoney(at, { from: accountId, to: payee, requestId, amountMinor }),
    });
    site.calls.end(call, told);
    return told;
  }

  #anyPayee(accountId: string): To | undefined {
    const { chance, accounts, created } = this.site;
    const assetOf = (id: string): string | undefined => accounts.find((each) => each.accountId === id)?.asset;
    if (chance.happens(IMPOSSIBLE_SHARE))
      return chance.happens(0.5) ? NO_PAYEE : { payee: accountId, payeeIs: 'itself' };
    const others = [...created].filter((each) => each !== accountId);
    if (others.length === 0) return undefined;
    const payee = chance.oneOf(others);
    return assetOf(payee) === assetOf(accountId) ? { payee } : { payee, payeeIs: 'of another asset' };
  }
}

export function toPayment(
  asked: Omit<Asked, 'kind' | 'fingerprint' | 'payee'> & { readonly payee: string },
): Asked {
  return {
    ...asked,
    kind: 'pay',
    fingerprint: fingerprint('transfer', asked.payee, asked.amountMinor, null, null),
  };
}
