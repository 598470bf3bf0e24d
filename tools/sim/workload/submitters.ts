import type { PlainRequest } from '../../../src/engine/router';
import { type Answer, isEffective } from '../model/answer-rules';
import type { Asked } from '../model/asked';
import type { Broken } from '../model/rule';
import type { SimInstance } from '../world/sim-instance';
import { callDoor, isNoAnswer } from './door';
import type { Site } from './site';

const TRIES_MAX = 4;

/** What clients ask to be charged later, and ask for again. */
export class Submitters {
  readonly #earlier: Asked[] = [];

  constructor(private readonly site: Site) {}

  /** Something that was submitted before, if anything was. */
  get anyEarlier(): Asked | undefined {
    return this.#earlier.length > 0 ? this.site.chance.oneOf(this.#earlier) : undefined;
  }

  /** As clients do: the same request again, wherever, until there is an answer or patience ends. */
  async untilReceived(asked: Asked): Promise<void> {
    this.#earlier.push(asked);
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      if (!isNoAnswer(await this.submit(asked))) return;
      await this.site.sleep(this.site.chance.spanMs(40 * tries));
    }
  }

  /** One request to charge later, on any instance unless told. */
  async submit(asked: Asked, chosen?: SimInstance): Promise<Answer> {
    const { site } = this;
    const { accountId, requestId, amountMinor } = asked;
    begin(site, asked);
    const instance = chosen ?? (await site.anyInstance());
    const told = await callDoor(site, instance, {
      what: `submit ${accountId} ${requestId} ${amountMinor}`,
      about: requestId,
      accountId,
      brings: false,
      carryOut: (at, record) => at.runtime.intake.receive(laterRequest(asked), record),
    });
    const broken = this.#brokenBy(asked, told);
    if (broken) site.world.model.violated(broken.rule, broken.detail, requestId);
    return told;
  }

  #brokenBy(asked: Asked, told: Answer): Broken | undefined {
    const account = this.site.world.model.account(asked.accountId);
    if (told.kind === 'received') {
      this.site.world.coverage.mark(told.replayed ? 'received before' : 'received');
      return account.intake.promised(asked, account);
    }
    if (told.kind === 'replayed' && told.isDeferred !== true && !isEffective(account, asked))
      return { rule: 'acknowledgedIsDurable', detail: `${asked.requestId} was replayed without an entry` };
    if (told.kind === 'keyReused' && (account.asked.get(asked.requestId)?.length ?? 0) < 2)
      return {
        rule: 'replayIsTheFirst',
        detail: `${asked.requestId} was asked for once, and is told reused`,
      };
    return undefined;
  }
}

/** Something is asked for that may take effect at any time from now on. */
export function begin({ world }: Site, asked: Asked): void {
  const { accountId, requestId, fingerprint } = asked;
  const account = world.model.account(accountId);
  const variants = account.asked.get(requestId) ?? [];
  if (variants.every((each) => each.fingerprint !== fingerprint))
    account.asked.set(requestId, [...variants, asked]);
  account.intake.begin(requestId, account);
}

/** What is asked for, as the engine knows it. */
export function laterRequest(asked: Asked): PlainRequest {
  const { kind, accountId, requestId, amountMinor, fingerprint, budgets } = asked;
  return {
    kind: kind === 'hold' || kind === 'pay' ? 'deduct' : kind,
    accountId,
    requestId,
    amountMinor,
    fingerprint,
    reference: null,
    metadata: null,
    ...(budgets && { budgetIds: budgets }),
  };
}
