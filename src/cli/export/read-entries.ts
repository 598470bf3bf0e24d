import { RefusedError } from '../../client';
import { statementCall } from '../../client/history-calls';
import type { StatementPage } from '../../client/history-shapes';
import { signedAmount } from '../../ledger/entry';
import { passing } from '../faults';
import type { JsonOf, ServiceClient } from '../service/service-client';
import type { Clock } from '../surroundings';
import type { ExportedEntry } from './exported-entry';

const PAGE_LENGTH = 1_000;

/** Accounts whose first pages are asked for ahead: most accounts have no more. */
const AHEAD = 8;

/** Waits for a service that has too much to do, or a clock that is behind; one that has running sums to make is asked on. */
const WAIT_MS = 1_000;
const WAITS_MAX = 60;
const STEPS_MAX = 10_000;

export interface ReadEntries {
  readonly client: ServiceClient;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly accounts: AsyncIterable<string>;
  readonly since: string | undefined;
  /** Now, by the service's clocks, when absent. */
  readonly until: string | undefined;
}

type Body = JsonOf<StatementPage>;

/** The entries of accounts from one instant up to another, account by account, oldest first: all of them, as they stay. */
export async function* readEntries(parts: ReadEntries): AsyncGenerator<ExportedEntry[]> {
  const asking = new Asking(parts);
  const ahead: Promise<Body>[] = [];
  for await (const accountId of parts.accounts) {
    asking.until ??= (await asking.ask({ accountId, limit: 1 })).closingAt;
    const first = asking.ask({
      accountId,
      limit: PAGE_LENGTH,
      ...(parts.since !== undefined && { from: parts.since }),
      to: asking.until,
    });
    // Whoever takes it hears of a fault.
    first.catch(() => undefined);
    ahead.push(first);
    if (ahead.length < AHEAD) continue;
    yield* pagesFrom(await (ahead.shift() as Promise<Body>), asking);
  }
  for (const first of ahead) yield* pagesFrom(await first, asking);
}

async function* pagesFrom(first: Body, asking: Asking): AsyncGenerator<ExportedEntry[]> {
  const { accountId, asset } = first;
  let balance = BigInt(first.opening ?? '0');
  for (let body = first; ;) {
    // As the service wrote them: the type of a page's items is that of what it answers.
    yield body.items.map((entry) => {
      const { kind, amount, requestId, reverses, holdId, counterparty, reference, metadata } = entry;
      const change = signedAmount({ kind, amountMinor: BigInt(amount) });
      balance += change;
      return {
        account_id: accountId,
        asset,
        created_at: entry.createdAt,
        kind,
        change,
        balance,
        request_id: requestId,
        reverses,
        hold_id: holdId,
        counterparty,
        reference,
        metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
        shard: entry.shard,
        sub_account: entry.subAccount,
      };
    });
    const { nextCursor: cursor } = body;
    if (cursor === undefined) return;
    body = await asking.ask({ accountId, cursor, limit: PAGE_LENGTH });
  }
}

/** Pages of statements, each asked for until it is there. */
class Asking {
  until: string | undefined;

  constructor(private readonly parts: Pick<ReadEntries, 'client' | 'clock' | 'stop' | 'until'>) {
    this.until = parts.until;
  }

  async ask(query: Parameters<typeof statementCall>[0]): Promise<Body> {
    const { client, clock, stop } = this.parts;
    for (let waits = 0, steps = 0; ;) {
      stop.throwIfAborted();
      try {
        return (await client.call(statementCall(query))).body;
      } catch (error) {
        if (isOf(error, 'RANGE_TOO_LARGE') && (steps += 1) <= STEPS_MAX) continue;
        const isLater = isOf(error, 'INSTANT_NOT_SETTLED') && this.parts.until === undefined;
        const passes = passing(error);
        if ((!passes && !isLater) || (waits += 1) > WAITS_MAX) throw error;
        await clock.pause(passes?.retryAfterMs ?? WAIT_MS, stop);
      }
    }
  }
}

function isOf(error: unknown, code: string): boolean {
  return error instanceof RefusedError && error.code === code;
}
