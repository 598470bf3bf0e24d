import { fingerprint } from '../../../src/engine/fingerprint';
import { confirmationKey, reversalKey, reversedName } from '../../../src/ledger/identifiers';
import type { FollowUp } from '../../../src/engine/follow-ups';
import type { AccountRecord } from '../../../src/shards/directory/account-record';
import type { Asked } from '../model/asked';
import type { Answer } from '../model/answer-rules';
import { brokenFollowUp } from '../model/follow-up-rules';
import { type AskedCapture, type AskedFollowUp, LASTS_US_MAX } from '../model/hold-model';
import { isCaptured } from '../model/follow-up-rules';
import { PinnedCall } from '../model/pinned-call';
import type { SimInstance } from '../world/sim-instance';
import { callDoor, isNoAnswer } from './door';
import { Together } from './hold-batches';
import { LastingHolds } from './lasting-holds';
import type { AccountModel } from '../model/account-model';
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

export interface Senders {
  /** Sends a request until it is answered, or patience ends. */
  readonly untilAnswered: (asked: Asked) => Promise<void>;
  /** Sends it once, together with others. */
  readonly ask: (asked: Asked, at: SimInstance, together: Together) => Promise<Answer>;
}

/** Everybody who sets money aside, takes or releases it, and everybody who gives money back. */
export class Holders {
  #reversals = 0;
  /** In some worlds only. */
  readonly #lasting: LastingHolds | undefined;

  constructor(
    private readonly site: Site,
    private readonly senders: Senders,
  ) {
    const { lastingShare } = site.plan;
    if (lastingShare !== undefined)
      this.#lasting = new LastingHolds(site, site.chance.named('lasting holds'), lastingShare, (asked) =>
        this.#untilAnswered(asked),
      );
  }

  /** Holds that are tried together at one instance, and then confirmed together, at the same or another one. */
  async holdTogether(tries: readonly Asked[]): Promise<void> {
    const { site } = this;
    const at = await site.anyInstance();
    const tried = new Together(at);
    const answers = tries.map((asked) => this.senders.ask(asked, at, tried));
    await Promise.all(
      answers.map(async (answer, n) => {
        const asked = tries[n];
        if (asked && isNoAnswer(await answer)) await this.senders.untilAnswered(asked);
      }),
    );
    await site.sleep(site.chance.spanMs(site.plan.thinkMsMean));
    const later = await site.anyInstance();
    const confirmed = new Together(later);
    await Promise.all(
      tries.map(({ accountId, requestId: holdId, amountMinor }) => {
        const isMore = site.chance.happens(0.1);
        const wanted = isMore ? amountMinor + 1n : site.chance.happens(0.5) ? null : amountMinor;
        return this.ask(lastCapture(accountId, holdId, wanted), later, confirmed);
      }),
    );
  }

  /** One hold from its try to its end, in any order that a network can bring about. */
  async hold(account: AccountPlan, asked: Asked): Promise<void> {
    const { chance, plan } = this.site;
    const { accountId } = account;
    const holdId = asked.requestId;
    if (chance.happens(0.08)) await this.#untilAnswered({ kind: 'cancel', accountId, holdId });
    await this.senders.untilAnswered(asked);
    await this.#lasting?.go(asked);
    await this.site.sleep(chance.spanMs(plan.thinkMsMean * 5));
    await this.#follow(chance.weighted(COURSES), asked);
    if (chance.happens(0.2)) await this.#follow(chance.weighted(COURSES), asked);
  }

  /** Gives back a deduction or what a hold was confirmed with; once, twice, or by two at once. */
  async reverse(taken: Asked): Promise<void> {
    const { chance } = this.site;
    if (taken.kind === 'credit' && this.#lasting) {
      await this.#lasting.takeBack(taken);
      return;
    }
    const one = (): AskedFollowUp => ({
      kind: 'reverse',
      of: 'deduction',
      accountId: taken.accountId,
      reverses: taken.requestId,
      captureId: null,
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
    const about = { of: 'deduction', reverses, captureId: null } as const;
    return this.ask({ kind: 'reverse', accountId, ...about, requestId, amountMinor: 1n }, at);
  }

  /** Confirms or cancels what still stands, until it does not. */
  async settle(accountId: string): Promise<void> {
    const { model, databases } = this.site.world;
    for (const holdId of model.account(accountId).openHolds) {
      const confirms = this.site.chance.happens(0.5);
      const answer = await this.#untilAnswered(
        confirms ? lastCapture(accountId, holdId, null) : { kind: 'cancel', accountId, holdId },
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
      this.#untilAnswered(lastCapture(accountId, holdId, wanted));
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

  async ask(asked: AskedFollowUp, chosen?: SimInstance, together?: Together): Promise<Answer> {
    const { site } = this;
    const ofMany = together?.add({
      accountId: asked.accountId,
      carryOut: (at, record) => followUp(at, asked, record),
    });
    const { model } = site.world;
    const account = model.account(asked.accountId);
    const about = asked.kind === 'reverse' ? asked.reverses : asked.holdId;
    const wasDone = isDone(account, asked);
    const pinned = new PinnedCall(wantsOf(account, asked), () =>
      'holdId' in asked ? budgetsOf(account, asked.holdId) : [],
    );
    const instance = chosen ?? (await site.anyInstance());
    this.#remember(asked, instance.name);
    const wasThere =
      asked.kind === 'reverse'
        ? account.reversibleMinor(asked.of, reversedName(about, asked.captureId)) !== undefined
        : account.hold(about).hold !== undefined;
    const wasClosed = account.maybeClosed;
    const owed = account.leases.deferralsOf(about).filter((each) => account.leases.unwritten.has(each));
    account.openPinned.add(pinned);
    pinned.lookAt(account);
    const answer = await callDoor(site, instance, {
      what: `${asked.kind} ${asked.accountId} ${about} ${String('amountMinor' in asked ? asked.amountMinor : '')}`,
      about,
      accountId: asked.accountId,
      brings: asked.kind === 'reverse' && asked.of === 'deduction',
      carryOut: (at, record) => (ofMany ? ofMany() : followUp(at, asked, record)),
    });
    account.openPinned.delete(pinned);
    const broken = brokenFollowUp(
      account,
      {
        asked,
        wasThere,
        wasDone,
        pinned,
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
    switch (asked.kind) {
      case 'confirm':
        account.hold(asked.holdId).captures.push(asked);
        return;
      case 'cancel':
        account.hold(asked.holdId).cancelAskedAt.add(instance);
        return;
      case 'raise':
        account.hold(asked.holdId).raisesMinor.add(asked.amountMinor);
        return;
      case 'extend': {
        const hold = account.hold(asked.holdId);
        hold.extendUsMax = Math.max(hold.extendUsMax, asked.expiresInUs);
        return;
      }
      case 'reverse': {
        const { asked: reversals } = account.reversalsOf(reversedName(asked.reverses, asked.captureId));
        const amounts = reversals.get(asked.requestId) ?? new Set();
        reversals.set(asked.requestId, amounts.add(asked.amountMinor));
      }
    }
  }
}

function followUp({ runtime }: SimInstance, asked: AskedFollowUp, account: AccountRecord): Promise<Answer> {
  const takesMore = asked.kind === 'confirm' || asked.kind === 'raise';
  return takesMore
    ? runtime.budgets.debits.follow(toFollowUp(asked), account)
    : runtime.engine.follow(toFollowUp(asked), account);
}

/** In which a hold is set aside, those above the named ones included. */
function budgetsOf(account: AccountModel, holdId: string): readonly string[] {
  return account.hold(holdId).hold?.charges?.map(({ budgetId }) => budgetId) ?? [];
}

function toFollowUp(asked: AskedFollowUp): FollowUp {
  switch (asked.kind) {
    case 'confirm': {
      const { holdId, captureId, amountMinor, isFinal, mayTakeMore } = asked;
      const about = captureId === null ? [] : [captureId, String(isFinal), String(mayTakeMore)];
      const print = fingerprint('confirm', holdId, amountMinor, ...about);
      return { ...asked, fingerprint: print, reference: null, metadata: null };
    }
    case 'extend':
      return { ...asked, lastsUsMax: LASTS_US_MAX, fingerprint: fingerprint('extend', asked.holdId) };
    case 'raise':
      return { ...asked, fingerprint: fingerprint('raise', asked.holdId, asked.amountMinor) };
    case 'cancel':
      return { ...asked, fingerprint: fingerprint('cancel', asked.holdId) };
    case 'reverse':
      return {
        ...asked,
        fingerprint: fingerprint('reverse', asked.of, asked.reverses, asked.captureId, asked.amountMinor),
        reference: null,
        metadata: null,
      };
  }
}

/** The capture that ends a hold, without an id of its own. */
function lastCapture(accountId: string, holdId: string, amountMinor: bigint | null): AskedCapture {
  const last = { captureId: null, isFinal: true, mayTakeMore: false };
  return { kind: 'confirm', accountId, holdId, amountMinor, ...last };
}

/** Whether what is asked for had taken effect already. */
function isDone(account: AccountModel, asked: AskedFollowUp): boolean {
  switch (asked.kind) {
    case 'confirm': {
      const { holdId, captureId } = asked;
      // An id that was used for another capture is refused as such.
      return captureId === null
        ? isCaptured(account, asked)
        : account.entries.has(confirmationKey(holdId, captureId));
    }
    case 'raise':
      return account.hold(asked.holdId).totalMinor >= asked.amountMinor;
    case 'reverse':
      return account.entries.has(reversalKey(reversedName(asked.reverses, asked.captureId), asked.requestId));
    case 'cancel':
    case 'extend':
      return false;
  }
}

/** What it would take of the account's money at any instant; nothing of what takes none. */
function wantsOf(account: AccountModel, asked: AskedFollowUp): (() => bigint) | undefined {
  switch (asked.kind) {
    case 'confirm': {
      const { amountMinor, mayTakeMore } = asked;
      const hold = account.hold(asked.holdId);
      return mayTakeMore && amountMinor !== null ? () => amountMinor - hold.leftMinor : undefined;
    }
    case 'raise': {
      const hold = account.hold(asked.holdId);
      return () => asked.amountMinor - hold.totalMinor;
    }
    case 'reverse': {
      if (asked.of === 'deduction') return undefined;
      const { reverses, amountMinor } = asked;
      return () =>
        amountMinor ??
        (account.reversibleMinor('credit', reverses) ?? 0n) - account.reversalsOf(reverses).backMinor;
    }
    case 'cancel':
    case 'extend':
      return undefined;
  }
}
