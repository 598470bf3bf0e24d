import type { Deferral } from '../model/lease-model';
import { type Clients, toAsked } from '../workload/clients';
import { accountPlan, type LeasingPlan } from '../workload/plan';
import { Readers } from '../workload/readers';
import { NOT_NOW, type Site } from '../workload/site';
import type { Wishes } from '../workload/wishes';
import type { SimInstance } from '../world/sim-instance';

/** Deductions that are answered from a lease at once: fewer than any lease has units. */
const ANSWERED_AT_ONCE = 4;

const OPENING_MINOR = 4_000n;

/** A change of placement that takes longer is not waited for. */
const MOVE_MS_MAX = 6_000;
const MOVE_LOOK_MS = 5;

/** Nothing is leased for so long where a lease was recalled. */
const REST_MS = 1_100;

/** For so long after it goes on again, an instance hears no answers of a shard: longer than a flush takes. */
const UNHEARD_MS = 15;

/** An account of its own, from which one instance leases, and another that is asked about it. */
interface Stage {
  readonly accountId: string;
  readonly owner: SimInstance;
  readonly other: SimInstance;
}

type Ambush =
  | 'reversed during a recall'
  | 'frozen during a recall'
  | 'reversed while it is written'
  | 'reversed after a move'
  | 'read after a move'
  | 'moved while its owner stands still'
  | 'reused while its owner stands still';

/** Questions about leased accounts that come in the one moment in which they are hard to answer. */
export class LeasedAmbushes {
  readonly #ambushes: Readonly<Record<Ambush, (stage: Stage) => Promise<void>>> = {
    'reversed during a recall': (stage) => this.#reversedDuringRecall(stage),
    'frozen during a recall': (stage) => this.#frozenDuringRecall(stage),
    'reversed while it is written': (stage) => this.#reversedWhileWritten(stage),
    'reversed after a move': (stage) => this.#reversedAfterMove(stage),
    'read after a move': (stage) => this.#readAfterMove(stage),
    'moved while its owner stands still': (stage) => this.#movedWhileStanding(stage),
    'reused while its owner stands still': (stage) => this.#reusedWhileStanding(stage),
  };

  constructor(
    private readonly site: Site,
    private readonly leasing: LeasingPlan,
    private readonly parts: { readonly clients: Clients; readonly wishes: Wishes },
  ) {}

  /** Any of them, on an account that is made for it. */
  async spring(): Promise<void> {
    const { site } = this;
    const ambush = site.chance.oneOf(Object.keys(this.#ambushes) as Ambush[]);
    const plan = {
      ...accountPlan(site.chance, site.accounts.length),
      subAccounts: 1,
      openingMinor: OPENING_MINOR,
      unitMinor: 1n,
      heat: 0,
      lopsided: false,
      strategy: 'leased' as const,
    };
    await this.parts.wishes.create(plan);
    const [owner, other] = site.chance.some(site.world.living, 2);
    if (!owner || !other) return;
    site.note(`${plan.accountId} of ${owner.name} is ${ambush}, at ${other.name}`);
    site.world.coverage.mark(`ambush ${ambush}`);
    await this.#ambushes[ambush]({ accountId: plan.accountId, owner, other });
  }

  async #reversedDuringRecall(stage: Stage): Promise<void> {
    const recall = await this.#recallThatSawNothing(stage, this.site.chance.between(25, 80));
    await this.#reversed(stage, await this.#answered(stage));
    await recall.ended;
  }

  /** The owner is asked for more as soon as the freeze has been answered. */
  async #frozenDuringRecall(stage: Stage): Promise<void> {
    const recall = await this.#recallThatSawNothing(stage, this.site.chance.between(60, 200));
    await this.#answered(stage);
    const told = Promise.withResolvers<undefined>();
    const thawed = this.parts.wishes.freeze(
      stage.accountId,
      () => {
        told.resolve(undefined);
      },
      stage.other,
    );
    await Promise.race([told.promise, thawed]);
    await this.#answered(stage);
    await Promise.all([recall.ended, thawed]);
  }

  /** It is written and its lease given back after it was looked for, and before leases are. */
  async #reversedWhileWritten(stage: Stage): Promise<void> {
    const { termMs, flushMs } = this.leasing.settings;
    const answered = await this.#answered(stage);
    stage.other.heldUp.set(stage.accountId, { beforeMs: 100 + flushMs + 2 * termMs, afterMs: 0 });
    await this.#reversed(stage, answered, 15);
  }

  async #reversedAfterMove(stage: Stage): Promise<void> {
    await this.#unheard(stage, async () => {
      if (!(await this.#moved(stage, stage.owner))) return;
      await this.site.sleep(REST_MS);
      await this.#reversed(stage, await this.#answered(stage));
    });
  }

  async #readAfterMove(stage: Stage): Promise<void> {
    const { site } = this;
    await this.#unheard(stage, async () => {
      if (!(await this.#moved(stage, stage.owner))) return;
      await this.#answered(stage);
      await site.sleep(2 * this.leasing.settings.flushMs + 20);
      await new Readers(site).balance(
        stage.accountId,
        site.chance.oneOf(['current', 'snapshot']),
        stage.other,
      );
    });
  }

  /** What is not written is sent to where its key is at home now; its owner goes on before its lease expires. */
  async #movedWhileStanding(stage: Stage): Promise<void> {
    const { site } = this;
    const { owner, other } = stage;
    const answered = await this.#answered(stage);
    owner.stall(this.leasing.settings.expiryMs - site.chance.between(50, 200));
    if (!(await this.#moved(stage, other))) return;
    await Promise.all(answered.map(({ asked }) => this.parts.clients.ask(asked, other)));
  }

  /** Its key is taken for something else; its owner does not hear what became of its flush, and sends it again. */
  async #reusedWhileStanding(stage: Stage): Promise<void> {
    const { site } = this;
    const { owner, other } = stage;
    const answered = await this.#answered(stage);
    owner.stall(site.chance.between(300, 700));
    for (const { shard } of answered) owner.hearsNothingUntil.set(shard, owner.stalledUntilMs + UNHEARD_MS);
    await Promise.all(answered.map(({ asked }) => this.parts.clients.again(asked, 1, other)));
  }

  /** A recall at the other instance that has looked before anything is leased, and takes a while to know it. */
  async #recallThatSawNothing({ accountId, other }: Stage, ms: number): Promise<{ ended: Promise<unknown> }> {
    const { site } = this;
    other.heldUp.set(accountId, { beforeMs: 0, afterMs: ms });
    const ended = site.ask(
      `a recall of ${accountId}`,
      async ({ accounts, runtime }) => {
        const account = await accounts.find(accountId);
        return account && (await runtime.engine.leases.recall(account));
      },
      other,
    );
    await site.sleep(site.chance.between(3, 6));
    return { ended };
  }

  /** What the owner answers now from its lease and has not written yet. */
  async #answered({ accountId, owner }: Stage): Promise<Deferral[]> {
    const { site } = this;
    const known = site.world.model.account(accountId);
    const from = known.asked.size;
    const asked = Array.from({ length: ANSWERED_AT_ONCE }, (_, number) =>
      toAsked({ kind: 'deduct', accountId, requestId: `${accountId}-${from + number}`, amountMinor: 1n }),
    );
    await Promise.all(asked.map((each) => this.parts.clients.ask(each, owner)));
    return [...known.leases.unwritten].filter((each) => each.owner === owner.name);
  }

  /** One of them is reversed at the other instance, while the owner stands still with it. */
  async #reversed(
    { owner, other }: Stage,
    [answered]: readonly Deferral[],
    ms = this.site.chance.between(60, 300),
  ): Promise<void> {
    if (!answered) return;
    owner.stall(ms);
    await this.parts.clients.holders.reverseOne(answered.asked, other);
  }

  /** The other instance knows the account as it is before, and hears nothing of what becomes of it. */
  async #unheard({ accountId, other }: Stage, run: () => Promise<void>): Promise<void> {
    await this.site.ask(`an account ${accountId}`, ({ accounts }) => accounts.find(accountId), other);
    other.deafTo.add(accountId);
    await run();
    other.deafTo.delete(accountId);
  }

  /** To a shard that it was never on. @returns whether that has come about in time */
  async #moved({ accountId }: Stage, runner: SimInstance): Promise<boolean> {
    const { site } = this;
    const before = this.#placement(accountId);
    const shards = site.shards.filter((name) => !before.shards.includes(name));
    if (shards.length === 0) return false;
    const move = { accountId, subAccounts: 1, shards: [site.chance.oneOf(shards)] };
    const begun = await site.ask(`moving ${accountId}`, ({ operations }) => operations.resize(move), runner);
    if (begun === NOT_NOW || begun.kind !== 'started') return false;
    site.operations.add(begun.operation.operationId);
    for (const untilMs = site.nowMs + MOVE_MS_MAX; site.nowMs < untilMs;) {
      if (this.#placement(accountId).epoch > before.epoch) return true;
      await site.sleep(MOVE_LOOK_MS);
    }
    return false;
  }

  #placement(accountId: string): { readonly epoch: bigint; readonly shards: readonly string[] } {
    const [row] = this.site.world.directory.read('SELECT epoch, shards FROM account WHERE account_id = ?', [
      accountId,
    ]) as [bigint, string][];
    return { epoch: row?.[0] ?? 0n, shards: row?.[1].split(',') ?? [] };
  }
}
