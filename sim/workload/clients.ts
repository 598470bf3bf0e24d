import { requestFingerprint } from '../../src/engine/fingerprint';
import type { Asked } from '../model/account-model';
import { type Answer, isUnknown } from '../model/answer-rules';
import { NO_ANSWER, type SimInstance } from '../world/sim-instance';
import { type AccountPlan, MINOR_MAX } from './plan';
import { inspect, isNotNow, type Site } from './site';

/** A client gives a key up after so many tries without an answer; it is asked again in the end. */
const TRIES_MAX = 4;

/** How long a call is under way to an instance, and its answer back. */
const LATENCY_MS_MEAN = 1;

/** Everybody who asks for money to be moved. */
export class Clients {
  readonly #earlier: Asked[] = [];
  #keys = 0;

  constructor(private readonly site: Site) {}

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

  /** One call of one key, on any instance. */
  async ask(asked: Asked): Promise<Answer> {
    const { site } = this;
    const { world, chance } = site;
    const instance = await site.anyInstance();
    const call = site.calls.begin(asked, site.nowMs);
    site.note(`→ ${instance.name} ${asked.kind} ${asked.accountId} ${asked.requestId} ${asked.amountMinor}`);
    await site.sleep(chance.spanMs(LATENCY_MS_MEAN));
    const told = await site.inTime(
      `${asked.kind} ${asked.requestId} at ${instance.name}`,
      submit(instance, asked).catch((error: unknown): Answer => {
        if (!isNotNow(error)) world.model.violated('noDefect', `${asked.requestId}: ${inspect(error)}`);
        return { kind: 'unknown' };
      }),
      { kind: 'unknown' },
    );
    await site.sleep(chance.spanMs(LATENCY_MS_MEAN));
    // Judged by what the instance said, whether the client learns of it or not.
    site.calls.end(call, told);
    world.coverage.mark(`answer ${told.kind}`);
    site.note(`← ${asked.requestId} ${told.kind}`);
    // Queues of a few commands may be full at any time.
    const mayBeFull = told.kind === 'overloaded' && site.plan.laneSettings.depthMax !== undefined;
    if (call.sinceMs >= site.calmSinceMs && !mayBeFull && isNoAnswer(told))
      world.model.violated(
        'calmIsServed',
        `${asked.requestId}: ${told.kind} while nothing is broken`,
        asked.requestId,
      );
    this.#markReplay(told, asked);
    return told;
  }

  async #one(): Promise<void> {
    const { chance, plan } = this.site;
    const earlier = chance.happens(plan.repeatShare) && this.#earlier.length > 0;
    if (earlier) {
      await this.#again(chance.oneOf(this.#earlier));
      return;
    }
    const asked = this.#newRequest(this.#anyAccount());
    this.#earlier.push(asked);
    if (chance.happens(plan.twinShare))
      await Promise.all([this.#untilAnswered(asked), this.#untilAnswered(asked)]);
    else await this.#untilAnswered(asked);
  }

  /** An earlier key once more, sometimes for something else. */
  async #again(asked: Asked): Promise<void> {
    const { chance, plan } = this.site;
    if (!chance.happens(plan.reuseShare)) {
      await this.#untilAnswered(asked);
      return;
    }
    const { kind, accountId, requestId } = asked;
    const other = chance.happens(0.5) ? kind : kind === 'deduct' ? 'credit' : 'deduct';
    const amountMinor = asked.amountMinor + (other === kind ? 1n : 0n);
    await this.ask(toAsked({ kind: other, accountId, requestId, amountMinor }));
  }

  /** As clients do: the same key again, wherever, until there is an answer or patience ends. */
  async #untilAnswered(asked: Asked): Promise<void> {
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
    const requestId = `k${(this.#keys += 1)}`;
    const { payableMinor } = world.model.account(accountId);
    const shareMinor = payableMinor / BigInt(subAccounts) + unitMinor;
    if (chance.happens(creditShare)) {
      // Around what goes out, so that an account is now rich and now empty; some are large and spread.
      const units = BigInt(chance.between(1, chance.happens(0.2) ? 60 * subAccounts : 12));
      return toAsked({ kind: 'credit', accountId, requestId, amountMinor: units * unitMinor });
    }
    const amountMinor = chance.happens(largeShare)
      ? 1n + (shareMinor * BigInt(chance.between(0, 300))) / 100n
      : chance.happens(0.02)
        ? payableMinor + 1n
        : BigInt(chance.between(1, 9)) * unitMinor;
    return toAsked({ kind: 'deduct', accountId, requestId, amountMinor: clamp(amountMinor) });
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

/** Nothing was decided; the same key may be sent again. */
export function isNoAnswer(answer: Answer): boolean {
  return isUnknown(answer) || answer.kind === 'overloaded';
}

export function toAsked(asked: Omit<Asked, 'fingerprint'>): Asked {
  return { ...asked, fingerprint: requestFingerprint(asked.kind, asked.amountMinor, null, null) };
}

/** The most that a request may move. */
function clamp(amountMinor: bigint): bigint {
  return amountMinor > MINOR_MAX ? MINOR_MAX : amountMinor < 1n ? 1n : amountMinor;
}

/** As the service carries a request out. */
async function submit(instance: SimInstance, asked: Asked): Promise<Answer> {
  const { kind, accountId, requestId, amountMinor, fingerprint } = asked;
  const answer = await instance.call(async ({ accounts, runtime }) => {
    const account = await accounts.find(accountId);
    if (!account) return { kind: 'unknown' } as const;
    return runtime.engine.submit(
      { kind, accountId, requestId, amountMinor, fingerprint, reference: null, metadata: null },
      account,
    );
  });
  return answer === NO_ANSWER ? { kind: 'unknown' } : answer;
}
