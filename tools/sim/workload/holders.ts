import { fingerprint } from '../../../src/engine/fingerprint';
import type { FollowUp } from '../../../src/engine/follow-ups';
import type { Asked } from '../model/asked';
import type { Answer } from '../model/answer-rules';
import { brokenFollowUp } from '../model/follow-up-rules';
import type { AskedFollowUp } from '../model/hold-model';
import type { SimInstance } from '../world/sim-instance';
import { callDoor, isNoAnswer } from './door';
import type { AccountPlan } from './plan';
import type { Site } from './site';

const TRIES_MAX = 4;

type Course = 'confirm' | 'confirmPart' | 'confirmMore' | 'cancel' | 'race' | 'expire';

const COURSES: Readonly<Record<Course, number>> = {
  confirm: 4,
  confirmPart: 2,
  confirmMore: 0.3,
  cancel: 3,
  race: 1.5,
  expire: 2,
};

/** Everybody who sets money aside, takes or releases it, and everybody who gives money back. */
export class Holders {
  #reversals = 0;

  constructor(
    private readonly site: Site,
    /** Sends a request until it is answered, or patience ends. */
    private readonly untilAnswered: (asked: Asked) => Promise<void>,
  ) {}

  /** One hold from its try to its end, in any order that a network can bring about. */
  async hold(account: AccountPlan, asked: Asked): Promise<void> {
    const { chance, plan } = this.site;
    const { accountId } = account;
    const holdId = asked.requestId;
    if (chance.happens(0.08)) await this.#untilAnswered({ kind: 'cancel', accountId, holdId });
    await this.untilAnswered(asked);
    await this.site.sleep(chance.spanMs(plan.thinkMsMean * 5));
    await this.#follow(chance.weighted(COURSES), asked);
    if (chance.happens(0.2)) await this.#follow(chance.weighted(COURSES), asked);
  }

  /** Gives back a deduction or what a hold was confirmed with; once, twice, or by two at once. */
  async reverse(taken: Asked): Promise<void> {
    const { chance } = this.site;
    const one = (): AskedFollowUp => ({
      kind: 'reverse',
      accountId: taken.accountId,
      reverses: taken.requestId,
      requestId: `r${(this.#reversals += 1)}`,
      amountMinor: chance.happens(0.4)
        ? null
        : 1n + (taken.amountMinor * BigInt(chance.between(0, 110))) / 100n,
    });
    const first = one();
    await Promise.all([
      this.#untilAnswered(first),
      ...(chance.happens(0.3) ? [this.#untilAnswered(first)] : []),
      ...(chance.happens(0.3) ? [this.#untilAnswered(one())] : []),
    ]);
  }

  /** Cancels a hold by the id of something else, as a client does that has mixed up two ids. */
  async cancelUnder({ accountId, requestId: holdId }: Asked): Promise<void> {
    await this.#untilAnswered({ kind: 'cancel', accountId, holdId });
  }

  /** Gives one unit of a deduction back, at one instance. */
  async reverseOne({ accountId, requestId: reverses }: Asked, at: SimInstance): Promise<Answer> {
    const requestId = `r${(this.#reversals += 1)}`;
    return this.ask({ kind: 'reverse', accountId, reverses, requestId, amountMinor: 1n }, at);
  }

  /** Confirms or cancels what still stands, until it does not. */
  async settle(accountId: string): Promise<void> {
    const { model, databases } = this.site.world;
    for (const holdId of model.account(accountId).openHolds) {
      const confirms = this.site.chance.happens(0.5);
      const answer = await this.#untilAnswered(
        confirms
          ? { kind: 'confirm', accountId, holdId, amountMinor: null }
          : { kind: 'cancel', accountId, holdId },
      );
      if (isNoAnswer(answer)) model.violated('everythingEnds', `hold ${holdId} cannot be settled`, holdId);
    }
    // Those whose time ran out meanwhile are released by the instances.
    for (let waits = 0; model.account(accountId).openHolds.length > 0; waits += 1) {
      if (waits > 60) {
        const [holdId = ''] = model.account(accountId).openHolds;
        model.violated('everythingEnds', `hold ${holdId} stays, on ${databases.length} shards`, holdId);
        return;
      }
      await this.site.sleep(1_000);
    }
  }

  async #follow(course: Course, { accountId, requestId: holdId, amountMinor }: Asked): Promise<void> {
    const { chance } = this.site;
    const confirm = (wanted: bigint | null): Promise<Answer> =>
      this.#untilAnswered({ kind: 'confirm', accountId, holdId, amountMinor: wanted });
    const cancel = (): Promise<Answer> => this.#untilAnswered({ kind: 'cancel', accountId, holdId });
    switch (course) {
      case 'confirm':
        await confirm(chance.happens(0.3) ? amountMinor : null);
        break;
      case 'confirmPart':
        await confirm(1n + (amountMinor * BigInt(chance.between(0, 99))) / 100n);
        break;
      case 'confirmMore':
        await confirm(amountMinor + 1n);
        break;
      case 'cancel':
        await cancel();
        break;
      case 'race':
        await Promise.all([confirm(null), cancel()]);
        break;
      case 'expire':
        break;
    }
  }

  async #untilAnswered(asked: AskedFollowUp): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.ask(asked);
      if (!isNoAnswer(answer) || tries >= TRIES_MAX) return answer;
      await this.site.sleep(this.site.chance.spanMs(60 * tries));
    }
  }

  async ask(asked: AskedFollowUp, chosen?: SimInstance): Promise<Answer> {
    const { site } = this;
    const { model } = site.world;
    const account = model.account(asked.accountId);
    const about = asked.kind === 'reverse' ? asked.reverses : asked.holdId;
    const instance = chosen ?? (await site.anyInstance());
    this.#remember(asked, instance.name);
    const wasThere =
      asked.kind === 'reverse'
        ? account.reversibleMinor(about) !== undefined
        : account.hold(about).hold !== undefined;
    const wasClosed = account.maybeClosed;
    const owed = account.leases.deferralsOf(about).filter((each) => account.leases.unwritten.has(each));
    const answer = await callDoor(site, instance, {
      what: `${asked.kind} ${asked.accountId} ${about} ${String('amountMinor' in asked ? asked.amountMinor : '')}`,
      about,
      accountId: asked.accountId,
      brings: asked.kind === 'reverse',
      carryOut: ({ runtime }, record) => runtime.engine.follow(toFollowUp(asked), record),
    });
    const broken = brokenFollowUp(
      account,
      {
        asked,
        wasThere,
        isOwed: owed.some((each) => account.leases.isOwedTo(instance.name, each)),
        wasClosed: wasClosed || account.maybeClosed,
        latestUs: site.world.latestUs,
      },
      answer,
    );
    if (broken) model.violated(broken.rule, `${asked.kind} ${about}: ${broken.detail}`, about);
    return answer;
  }

  #remember(asked: AskedFollowUp, instance: string): void {
    const account = this.site.world.model.account(asked.accountId);
    if (asked.kind === 'confirm') account.hold(asked.holdId).confirmsMinor.push(asked.amountMinor);
    else if (asked.kind === 'cancel') account.hold(asked.holdId).cancelAskedAt.add(instance);
    else {
      const { asked: reversals } = account.reversalsOf(asked.reverses);
      const amounts = reversals.get(asked.requestId) ?? new Set();
      reversals.set(asked.requestId, amounts.add(asked.amountMinor));
    }
  }
}

function toFollowUp(asked: AskedFollowUp): FollowUp {
  switch (asked.kind) {
    case 'confirm':
      return { ...asked, fingerprint: fingerprint('confirm', asked.holdId, asked.amountMinor) };
    case 'cancel':
      return { ...asked, fingerprint: fingerprint('cancel', asked.holdId) };
    case 'reverse':
      return {
        ...asked,
        fingerprint: fingerprint('reverse', asked.reverses, asked.amountMinor, null, null),
        reference: null,
        metadata: null,
      };
  }
}
