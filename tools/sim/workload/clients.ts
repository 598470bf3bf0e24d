import type { EngineOutcome } from '../../../src/engine/engine-outcome';
import { fingerprint, requestFingerprint } from '../../../src/engine/fingerprint';
import type { Request } from '../../../src/engine/router';
import { hashId } from '../../../src/ledger/routing';
import type { AccountRecord } from '../../../src/shards/directory/account-record';
import { BALANCE_LIMIT_MINOR } from '../model/account-model';
import type { Asked, OpenCall } from '../model/asked';
import type { Answer } from '../model/answer-rules';
import type { SimInstance } from '../world/sim-instance';
import { Budgeters } from './budgeters';
import { Deliveries } from './deliveries';
import { callDoor, isNoAnswer } from './door';
import { Holders } from './holders';
import { Payers, toPayment } from './payers';
import { type AccountPlan, clamp } from './plan';
import type { Site } from './site';
import { Submitters } from './submitters';
import type { Together } from './hold-batches';

/** A client gives a key up after so many tries without an answer; it is asked again in the end. */
const TRIES_MAX = 4;

/** What comes all at once for one account: so many keys, each of them twice within a moment. */
const RUSH_KEYS = { from: 6, to: 16 };
const RUSH_TWIN_MS_MAX = 40;
const RUSH_CREDIT_SHARE = 0.4;

/** Of the keys that are used for something else, those that a cancel is. */
const CANCEL_SHARE = 0.2;

/** Keys that were sent just now. */
const RECENT_MAX = 8;

/** Everybody who asks for money to be moved. */
export class Clients {
  readonly #earlier: Asked[] = [];
  #keys = 0;

  readonly #holders: Holders;
  readonly #submitters: Submitters;
  readonly #deliveries: Deliveries;
  readonly #payers: Payers;
  readonly budgeters: Budgeters | undefined;

  constructor(private readonly site: Site) {
    this.#submitters = new Submitters(site);
    this.#deliveries = new Deliveries(site);
    this.#payers = new Payers(site);
    this.budgeters = site.plan.budgets && new Budgeters(site, site.plan.budgets);
    this.#holders = new Holders(site, {
      untilAnswered: (asked) => this.untilAnswered(asked),
      ask: (asked, at, together) => this.ask(asked, at, together),
    });
  }

  get holders(): Holders {
    return this.#holders;
  }

  /** Calls by many clients at once, until a number of them has been made. */
  async make(calls: number): Promise<void> {
    const { plan } = this.site;
    let left = calls;
    const client = async (): Promise<void> => {
      while (left > 0) {
        await this.site.sleep(this.site.chance.spanMs(plan.thinkMsMean));
        left -= 1;
        await this.#one();
      }
    };
    await Promise.all(Array.from({ length: plan.clients }, client));
  }

  /** Many new keys for one account, spread over some time, each sent once more by somebody who has heard nothing yet. */
  async rush(account: AccountPlan, ms: number): Promise<void> {
    const { site } = this;
    const { chance } = site;
    const one = async (): Promise<void> => {
      await site.sleep(chance.next() * ms);
      const asked = this.#newRequest({ ...account, creditShare: RUSH_CREDIT_SHARE });
      this.#earlier.push(asked);
      const again = site.sleep(chance.next() * RUSH_TWIN_MS_MAX).then(() => this.untilAnswered(asked));
      await Promise.all([this.untilAnswered(asked), again]);
    };
    await Promise.all(Array.from({ length: chance.between(RUSH_KEYS.from, RUSH_KEYS.to) }, one));
  }

  /** A small deduction under a new key. */
  deductAt(instance: SimInstance, { accountId, unitMinor }: AccountPlan): Promise<Answer> {
    const requestId = this.#newKey(undefined);
    return this.ask(toAsked({ kind: 'deduct', accountId, requestId, amountMinor: unitMinor }), instance);
  }

  /** A small payment under a new key. */
  payAt(
    instance: SimInstance,
    { accountId, unitMinor: amountMinor }: AccountPlan,
    { accountId: payee }: AccountPlan,
  ): Promise<Answer> {
    const requestId = this.#newKey(undefined);
    return this.ask(toPayment({ accountId, requestId, amountMinor, payee }), instance);
  }

  /** One call of one key, on any instance unless told. */
  async ask(asked: Asked, chosen?: SimInstance, together?: Together): Promise<Answer> {
    const { site } = this;
    const ofMany = together?.add({
      accountId: asked.accountId,
      carryOut: (at, account) =>
        asked.budgets
          ? at.runtime.budgets.debits.submit(toRequest(asked), account, asked.budgets)
          : at.runtime.engine.submit(toRequest(asked), account),
    });
    const instance = chosen ?? (await site.anyInstance());
    if (asked.kind === 'pay') return this.#payers.ask(asked, instance);
    const { budgets } = asked;
    if (site.plan.queued && asked.kind === 'deduct') this.#mayBeQueued(asked);
    const call = site.calls.begin(asked, site.nowMs);
    const answered = await callDoor(site, instance, {
      what: `${asked.kind} ${asked.accountId} ${asked.requestId} ${asked.amountMinor}`,
      about: asked.requestId,
      accountId: asked.accountId,
      brings: asked.kind === 'credit',
      carryOut: (at, account) =>
        ofMany
          ? ofMany()
          : budgets
            ? at.runtime.budgets.debits.submit(toRequest(asked), account, budgets)
            : site.plan.leasing
              ? this.#submitAndListen(at, call, account)
              : at.runtime.engine.submit(toRequest(asked), account),
    });
    const told = this.#unlessReceived(asked, answered);
    // Judged by what the instance said, whether the client learns of it or not.
    site.calls.end(call, told);
    this.#markReplay(told, asked);
    return told;
  }

  /** Whatever the account's strategy is by then: from now on it may take effect at any time. */
  #mayBeQueued({ accountId, requestId }: Asked): void {
    const account = this.site.world.model.account(accountId);
    account.intake.begin(requestId, account);
  }

  /** What was received is a promise, and no answer so far. */
  #unlessReceived(asked: Asked, told: Answer): Answer {
    if (told.kind !== 'received') return told;
    const { world } = this.site;
    world.coverage.mark('queued and received');
    const account = world.model.account(asked.accountId);
    const broken = account.intake.promised(asked, account);
    if (broken) world.model.violated(broken.rule, broken.detail, asked.requestId);
    return { kind: 'unknown' };
  }

  /** Answers from memory are judged at the instant at which they are given. */
  async #submitAndListen(at: SimInstance, call: OpenCall, account: AccountRecord): Promise<EngineOutcome> {
    const { site } = this;
    const { asked } = call;
    const owner = at.name;
    const owed = site.world.model.account(asked.accountId).leases.owedBy(owner, asked.requestId);
    const outcome = await at.runtime.engine.submit(toRequest(asked), account);
    if (at.isGone) return outcome;
    site.calls.said(call, { owner, outcome, owed, nowMs: site.nowMs });
    if ((outcome.kind === 'applied' || outcome.kind === 'replayed') && outcome.isDeferred)
      site.world.coverage.mark(`lease ${outcome.kind === 'applied' ? 'answered' : 'replayed'}`);
    return outcome;
  }

  async #one(): Promise<void> {
    const { chance, plan } = this.site;
    if (plan.intake && chance.happens(plan.intake.againShare)) {
      await this.#submittedBefore();
      return;
    }
    const earlier = chance.happens(plan.repeatShare) && this.#earlier.length > 0;
    if (earlier) {
      // Mostly one that may still be under way.
      const from = chance.happens(0.6) ? this.#earlier.slice(-RECENT_MAX) : this.#earlier;
      await this.again(chance.oneOf(from));
      return;
    }
    const account = this.#anyAccount();
    if (chance.happens(plan.holdShare)) {
      if (plan.holdBatches && chance.happens(plan.holdBatches.share)) await this.#holdTogether(account);
      else await this.#holders.hold(account, this.#newHold(account));
      return;
    }
    if (chance.happens(plan.reversalShare) && this.#earlier.length > 0) {
      await this.#holders.reverse(chance.oneOf(this.#earlier));
      return;
    }
    const asked = this.#newPayment(account) ?? this.#newRequest(account);
    if (plan.intake && asked.kind === 'deduct' && chance.happens(plan.intake.share)) {
      await this.#submit(asked);
      return;
    }
    this.#earlier.push(asked);
    if (chance.happens(plan.twinShare))
      await Promise.all([this.untilAnswered(asked), this.untilAnswered(asked)]);
    else await this.untilAnswered(asked);
    await this.budgeters?.perhapsChange(account.accountId);
  }

  /** Several holds of several accounts; sometimes one of them twice. */
  async #holdTogether(account: AccountPlan): Promise<void> {
    const { chance } = this.site;
    const others = Array.from({ length: chance.between(1, 7) }, () =>
      chance.happens(0.5) ? account : this.#anyAccount(),
    );
    const tries = [account, ...others].map((each) => this.#newHold(each));
    const [first] = tries;
    await this.#holders.holdTogether(first && chance.happens(0.2) ? [...tries, first] : tries);
  }

  #newPayment(account: AccountPlan): Asked | undefined {
    const { chance, plan } = this.site;
    if (!plan.payments || !chance.happens(plan.payments.share)) return undefined;
    return this.#payers.newPayment(account, this.#newKey(undefined));
  }

  /** To be charged later; sometimes through two instances at once. */
  async #submit(asked: Asked): Promise<void> {
    const { chance, plan } = this.site;
    const twice = chance.happens(plan.twinShare);
    if (chance.happens(plan.intake?.messageShare ?? 0)) {
      const deliveries = this.#deliveries;
      await Promise.all([deliveries.untilSettled(asked), twice ? deliveries.untilSettled(asked) : undefined]);
      return;
    }
    await Promise.all([
      this.#submitters.untilReceived(asked),
      twice ? this.#submitters.untilReceived(asked) : undefined,
    ]);
  }

  /** What was submitted, once more: later again, at once, or for another amount. */
  async #submittedBefore(): Promise<void> {
    const { chance } = this.site;
    const message = this.#deliveries.anyEarlier;
    if (message && chance.happens(0.5)) {
      await this.#deliveries.deliver(message);
      return;
    }
    const asked = this.#submitters.anyEarlier;
    if (!asked) return;
    if (chance.happens(0.3)) await this.ask(asked);
    else if (chance.happens(0.2))
      await this.#submitters.submit(toAsked({ ...asked, amountMinor: asked.amountMinor + 1n }));
    else await this.#submitters.submit(asked);
  }

  /** An earlier key once more, sometimes for something else. */
  async again(asked: Asked, reuseShare = this.site.plan.reuseShare, at?: SimInstance): Promise<void> {
    const { chance } = this.site;
    if (!chance.happens(reuseShare)) {
      await this.untilAnswered(asked);
      return;
    }
    if (asked.kind !== 'hold' && chance.happens(CANCEL_SHARE)) {
      await this.#holders.cancelUnder(asked);
      return;
    }
    const { kind, accountId, requestId } = asked;
    if (this.site.plan.payments && chance.happens(kind === 'pay' ? 0.7 : 0.4)) {
      await this.ask(this.#payers.otherwise(asked), at);
      return;
    }
    const isOfItsKind = kind === 'deduct' || kind === 'credit';
    const other = chance.happens(0.5) && isOfItsKind ? kind : kind === 'deduct' ? 'credit' : 'deduct';
    const amountMinor = asked.amountMinor + (other === kind ? 1n : 0n);
    await this.ask(toAsked({ kind: other, accountId, requestId, amountMinor }), at);
  }

  /** As clients do: the same key again, wherever, until there is an answer or patience ends. */
  async untilAnswered(asked: Asked): Promise<void> {
    const { chance, site } = { chance: this.site.chance, site: this.site };
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const answer = await this.ask(asked);
      if (!isNoAnswer(answer)) return;
      await site.sleep(chance.spanMs(40 * tries));
    }
  }

  #anyAccount(): AccountPlan {
    const { chance, accounts } = this.site;
    const heat = Object.fromEntries(accounts.map((account, place) => [String(place), account.heat]));
    return accounts[Number(chance.weighted(heat))] as AccountPlan;
  }

  #newRequest(account: AccountPlan): Asked {
    const { chance, world } = this.site;
    const { accountId, unitMinor, creditShare, largeShare, subAccounts } = account;
    const isCredit = chance.happens(creditShare);
    const requestId = this.#newKey(account.lopsided ? isCredit : undefined);
    const { payableMinor, totalMinor, comingMinor, line } = world.model.account(accountId);
    const shareMinor = (payableMinor > 0n ? payableMinor : 0n) / BigInt(subAccounts) + unitMinor;
    if (isCredit) {
      // Around what goes out, so that an account is now rich and now empty; some are large and spread.
      const units = BigInt(chance.between(1, chance.happens(0.2) ? 60 * subAccounts : 12));
      const amountMinor = clamp(units * unitMinor);
      // The limit is soft by what is under way: credits that are refused for it come one at a time.
      const isOver = totalMinor + line.mostMinor + comingMinor + amountMinor > BALANCE_LIMIT_MINOR;
      return toAsked({
        kind: 'credit',
        accountId,
        requestId,
        amountMinor: isOver && comingMinor > 0n ? 1n : amountMinor,
      });
    }
    const amountMinor = chance.happens(largeShare)
      ? 1n + (shareMinor * BigInt(chance.between(0, 300))) / 100n
      : chance.happens(0.02)
        ? payableMinor + 1n
        : BigInt(chance.between(1, 9)) * unitMinor;
    const budgets = this.budgeters?.budgetsOf(accountId);
    const asked = { kind: 'deduct', accountId, requestId, amountMinor: clamp(amountMinor) } as const;
    return toAsked(budgets ? { ...asked, budgets } : asked);
  }

  #newHold({ accountId, unitMinor }: AccountPlan): Asked {
    const { chance } = this.site;
    const hold = {
      kind: 'hold',
      accountId,
      requestId: this.#newKey(undefined),
      amountMinor: clamp(BigInt(chance.between(1, 12)) * unitMinor),
      expiresInUs: chance.happens(0.5) ? chance.between(100_000, 4_000_000) : 600_000_000,
    } as const;
    const budgets = this.budgeters?.budgetsOfHold(accountId);
    const asked = toAsked(budgets ? { ...hold, budgets } : hold);
    this.#earlier.push(asked);
    return asked;
  }

  /** @param atFirst whether its home is to be the first shard of a placement over all shards, if that matters */
  #newKey(atFirst: boolean | undefined): string {
    for (;;) {
      const key = `k${(this.#keys += 1)}`;
      const { length } = this.site.plan.shards;
      if (atFirst === undefined || length === 1 || (hashId(key) % length === 0) === atFirst) return key;
    }
  }

  #markReplay(answer: Answer, { accountId }: Asked): void {
    if (answer.kind !== 'replayed') return;
    const { coverage } = this.site.world;
    const [first] = this.site.world.living;
    const placement = first?.runtime.accounts.peek(accountId)?.placement;
    if (placement && answer.entry.epoch < placement.epoch) coverage.mark('replay from an earlier epoch');
    if (placement && !placement.shards.includes(answer.shard))
      coverage.mark('replay from a shard that was left');
  }
}

export function toAsked(asked: Omit<Asked, 'fingerprint' | 'payee' | 'payeeIs'>): Asked {
  const { kind, amountMinor, budgets } = asked;
  const print = budgets
    ? fingerprint(kind, amountMinor, null, null, [...budgets].sort().join(' '))
    : requestFingerprint(kind, amountMinor, null, null);
  return { ...asked, fingerprint: print };
}

function toRequest(asked: Asked): Request {
  if (asked.kind === 'pay') throw new RangeError('a payment is no request of one account');
  const { kind, accountId, requestId, amountMinor, fingerprint: print, expiresInUs } = asked;
  const common = {
    accountId,
    requestId,
    amountMinor,
    fingerprint: print,
    reference: null,
    metadata: null,
  };
  return kind === 'hold' ? { ...common, kind, expiresInUs: expiresInUs ?? 0 } : { ...common, kind };
}
