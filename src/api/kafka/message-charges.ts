import { Problem } from '../../contract/problem';
import { engineRequest, type MoneyRequest } from '../../deductions/deduction.service';
import type { MessageOutcome } from '../../engine/intake/messages';
import type { EngineRuntime } from '../../engine/runtime';
import { routeRequest } from '../../ledger/routing';
import type { KafkaMetrics } from '../../platform/kafka/kafka-metrics';
import { Backoff } from '../../platform/kafka/backoff';
import type { AccountRecord } from '../../shards/directory/account-record';
import { problemOfFault } from '../fault-problem';
import type { DeadLetters } from './dead-letters';
import { HomeQueues } from './home-queues';
import { readMessage } from './read-message';
import type { TopicMessage } from './topic-message';

/** Charges of one home shard under way: some batches, so that one is full whenever the one before it is done. */
const ACTIVE_MAX = 2_048;

/** Pauses of a message whose outcome is not known, as while its shard is away. */
const PAUSES = { firstMs: 50, msMax: 5_000 };

/** A message that fails by a defect so often is a dead letter: it would hold up its partition for ever. */
const DEFECTS_MAX = 8;

export interface ChargeParts {
  readonly runtime: Pick<EngineRuntime, 'accounts' | 'intake' | 'surroundings'>;
  readonly deadLetters: Pick<DeadLetters, 'send'>;
  readonly metrics: KafkaMetrics;
}

/** Charges the messages of topics, each until what it came to is durable. */
export class MessageCharges {
  readonly #homes = new HomeQueues(ACTIVE_MAX);

  constructor(private readonly parts: ChargeParts) {}

  /**
   * Never rejects.
   *
   * @returns whether what the message came to is durable; false when the signal came first
   */
  async settle(message: TopicMessage, signal: AbortSignal): Promise<boolean> {
    const request = requestIn(message);
    const result = request instanceof Problem ? request : await this.#untilCharged(request, signal);
    if (result === 'given up') return false;
    if (result instanceof Problem && !(await this.parts.deadLetters.send(message, result, signal)))
      return false;
    this.parts.metrics.settled(message.topic, result instanceof Problem ? 'dead' : result);
    return true;
  }

  async #untilCharged(
    request: MoneyRequest,
    signal: AbortSignal,
  ): Promise<'charged' | 'replayed' | 'received' | 'given up' | Problem> {
    const { surroundings } = this.parts.runtime;
    const backoff = new Backoff(PAUSES, () => surroundings.random());
    let defects = 0;
    while (!signal.aborted) {
      const outcome = await this.#charge(request);
      const result = resultOf(outcome);
      if (result !== undefined) return result;
      if (outcome.kind === 'failed' && (defects += 1) >= DEFECTS_MAX)
        return new Problem('INTERNAL', { incident: outcome.incident });
      await surroundings.sleep(backoff.nextMs(), signal);
    }
    return 'given up';
  }

  async #charge(request: MoneyRequest): Promise<ChargeOutcome> {
    const { runtime, metrics } = this.parts;
    const { accounts } = runtime;
    try {
      const account = accounts.peek(request.accountId) ?? (await accounts.read(request.accountId));
      if (!account) return { kind: 'accountNotFound' };
      return await this.#homes.run(homeOf(request, account), () =>
        runtime.intake.charge(engineRequest(request), account),
      );
    } catch (error) {
      const { code, extras } = problemOfFault(error, metrics.observer);
      return code === 'INTERNAL' ? { kind: 'failed', incident: extras.incident ?? '' } : { kind: 'notNow' };
    }
  }
}

type ChargeOutcome = MessageOutcome | { readonly kind: 'accountNotFound' | 'notNow' };

/** `undefined` for what is to be tried again. */
function resultOf({ kind }: ChargeOutcome): 'charged' | 'replayed' | 'received' | Problem | undefined {
  switch (kind) {
    case 'applied':
      return 'charged';
    case 'replayed':
    case 'received':
      return kind;
    case 'keyReused':
      return new Problem('IDEMPOTENCY_KEY_REUSED');
    case 'accountNotFound':
      return new Problem('ACCOUNT_NOT_FOUND');
    default:
      return undefined;
  }
}

function requestIn(message: TopicMessage): MoneyRequest | Problem {
  try {
    return readMessage(message);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function homeOf({ requestId }: MoneyRequest, { placement, subAccounts }: AccountRecord): string {
  return routeRequest(requestId, placement, subAccounts).shard;
}
