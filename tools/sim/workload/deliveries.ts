import { type Answer, isEffective } from '../model/answer-rules';
import type { Asked } from '../model/asked';
import type { Broken } from '../model/rule';
import { callDoor, isNoAnswer } from './door';
import type { Site } from './site';
import { begin, laterRequest } from './submitters';

const TRIES_MAX = 4;

/** Messages of a topic. Each is delivered until its outcome is durable, and may be delivered again at any time, anywhere. */
export class Deliveries {
  readonly #earlier: Asked[] = [];

  constructor(private readonly site: Site) {}

  /** A message that was delivered before, if one was. */
  get anyEarlier(): Asked | undefined {
    return this.#earlier.length > 0 ? this.site.chance.oneOf(this.#earlier) : undefined;
  }

  async untilSettled(message: Asked): Promise<void> {
    this.#earlier.push(message);
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      if (!isNoAnswer(await this.deliver(message))) return;
      await this.site.sleep(this.site.chance.spanMs(40 * tries));
    }
  }

  async deliver(message: Asked): Promise<Answer> {
    const { site } = this;
    const { accountId, requestId, amountMinor } = message;
    begin(site, message);
    const wasRejected = site.world.model.account(accountId).intake.isRejected(message);
    const told = await callDoor(site, await site.anyInstance(), {
      what: `deliver ${accountId} ${requestId} ${amountMinor}`,
      about: requestId,
      accountId,
      brings: false,
      carryOut: (at, record) => at.runtime.intake.charge(laterRequest(message), record),
    });
    const broken = this.#brokenBy(message, told, wasRejected);
    if (broken) site.world.model.violated(broken.rule, broken.detail, requestId);
    return told;
  }

  #brokenBy(message: Asked, told: Answer, wasRejected: boolean): Broken | undefined {
    const { coverage, model } = this.site.world;
    const account = model.account(message.accountId);
    const { requestId } = message;
    switch (told.kind) {
      case 'applied':
      case 'replayed':
        coverage.mark(`message ${told.kind}`);
        if (wasRejected && told.kind === 'applied')
          return {
            rule: 'receivedEndsOnce',
            detail: `${requestId} was rejected and is charged when it comes again`,
          };
        return isEffective(account, message)
          ? undefined
          : { rule: 'acknowledgedIsDurable', detail: `${requestId} is said to be charged and has no entry` };
      case 'received':
        coverage.mark(told.replayed ? 'message received before' : 'message received');
        if (wasRejected && !told.replayed)
          return { rule: 'receivedEndsOnce', detail: `${requestId} was rejected and begins another attempt` };
        return account.intake.promised(message, account);
      case 'keyReused':
        return { rule: 'replayIsTheFirst', detail: `${requestId} was one message, and is told reused` };
      default:
        return undefined;
    }
  }
}
