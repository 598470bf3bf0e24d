import type { Finding } from '../ledger/audit-finding';
import { IDEMPOTENCY_WINDOW_MS } from '../ledger/routing';
import type { AccountRecord } from '../shards/directory/account-record';
import type { Shard } from '../shards/shard';
import { type Look, lookAtAccount } from './account-look';
import { Found } from './found';
import { type Pacing, PACING, PageReader } from './page-reader';
import { PagedStream } from './paged-stream';
import { firstAccount, ShardReader } from './shard-reader';

/** What the audit asks of the directory. */
export interface AuditedDirectory {
  findAccount(accountId: string): Promise<AccountRecord | undefined>;
  listAccounts(page: { after: string; limit: number }): Promise<AccountRecord[]>;
  /** For the progress; without it, accounts are counted page by page. */
  countAccounts?(): Promise<number>;
}

export interface AuditOptions {
  /** Every shard of the installation. */
  readonly shards: readonly Shard[];
  readonly directory: AuditedDirectory;
  /** Told now and then, about a thousand times at most. `total` is what the directory had at the start. */
  readonly progress?: (accountsDone: number, accountsTotal: number) => void;
  readonly signal?: AbortSignal;
  /** How long keys are looked up where they were before a move; 30 days by default. */
  readonly idempotencyWindowMs?: number;
  readonly pacing?: Partial<Pacing>;
}

export interface AuditReport {
  /** Nothing was found. */
  readonly balanced: boolean;
  /** Accounts looked at: those of the directory, and any that only a shard knows. */
  readonly accounts: number;
  readonly subAccounts: number;
  readonly entries: number;
  readonly transfers: number;
  /** Departures that had not arrived when they were looked at: no fault, as long as they do not stay. */
  readonly inTransit: number;
  /** Departures not marked as arrived for more than a minute, at the end; of each shard, a thousand are counted. */
  readonly overdue: number;
  /** How many findings there were; `findings` has the first thousand. */
  readonly findingsCount: number;
  readonly findings: readonly Finding[];
}

const FINDINGS_MAX = 1_000;
const PROGRESS_STEPS = 1_000;
const OVERDUE_MS = 60_000;
const OVERDUE_MAX = 1_000;

/**
 * Proves every account from the rows of all shards, while they are in use: streams through them in the order of the
 * accounts, in bounded memory and without a snapshot that outlives a page. What looks wrong is looked at once more,
 * afresh, before it is reported.
 *
 * Rejects with `ShardUnavailableError` or `DirectoryUnavailableError` when something cannot be read: an audit that did not
 * see everything reports nothing. Rejects with the signal's reason when it is aborted.
 */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const { shards, signal, progress } = options;
  const reader = new PageReader({ ...PACING, ...options.pacing }, signal);
  const auditor = new Auditor(options, reader);
  const readers = shards.map((shard) => new ShardReader(shard, reader, { from: '', upTo: undefined }));
  const records = recordsOf(options.directory, reader);
  const total = progress ? await countAccounts(options.directory, reader) : 0;
  const step = Math.max(1, Math.floor(total / PROGRESS_STEPS));

  let done = 0;
  for (;;) {
    if (records.isDry) await records.fill();
    const next = await Promise.all(readers.map((each) => each.nextAccount()));
    const accountId = firstAccount([records.head?.accountId, ...next]);
    if (accountId === undefined) break;
    const [record] = await records.take(accountId);
    await auditor.check(accountId, { readers, record });
    done += 1;
    if (done % step === 0) progress?.(done, Math.max(done, total));
    if (reader.isRestDue) await reader.rest();
  }
  progress?.(done, done);
  return { ...auditor.report, accounts: done, overdue: await countOverdue(shards) };
}

/** Looks at accounts, twice where it must, and keeps the count. */
class Auditor {
  readonly #shards: ReadonlyMap<string, Shard>;
  readonly #found = new Found(FINDINGS_MAX);
  readonly #counts = { subAccounts: 0, entries: 0, transfers: 0, inTransit: 0 };

  constructor(
    private readonly options: AuditOptions,
    private readonly reader: PageReader,
  ) {
    this.#shards = new Map(options.shards.map((shard) => [shard.name, shard]));
  }

  get report(): Omit<AuditReport, 'accounts' | 'overdue'> {
    const { count, kept } = this.#found;
    return { balanced: count === 0, ...this.#counts, findingsCount: count, findings: kept };
  }

  async check(
    accountId: string,
    at: { readonly readers: readonly ShardReader[]; readonly record: AccountRecord | undefined },
  ): Promise<void> {
    const first = await this.#look(accountId, at);
    this.#counts.subAccounts += first.subAccounts;
    this.#counts.entries += first.entries;
    this.#counts.transfers += first.transfers;
    this.#counts.inTransit += first.inTransit;
    if (first.found.count > 0 || hasOutOfOrder(first))
      this.#found.addAll(await this.#confirm(accountId, first));
  }

  /** What a second look finds again, and what it alone could count. */
  async #confirm(accountId: string, first: Look): Promise<Found> {
    const range = { from: accountId, upTo: accountId };
    const readers = this.options.shards.map((shard) => new ShardReader(shard, this.reader, range));
    for (const each of readers) await each.nextAccount();
    const record = await this.options.directory.findAccount(accountId);
    const second = await this.#look(accountId, { readers, record, watched: first.outOfOrder });
    return second.found.filter(
      (finding) => finding.invariant === 'entryForEachChange' || first.found.confirms(finding),
    );
  }

  #look(accountId: string, at: Pick<Parameters<typeof lookAtAccount>[0], 'readers' | 'record' | 'watched'>) {
    const { directory, idempotencyWindowMs = IDEMPOTENCY_WINDOW_MS } = this.options;
    return lookAtAccount({
      ...at,
      accountId,
      shards: this.#shards,
      findAccount: (id) => directory.findAccount(id),
      windowMs: idempotencyWindowMs,
      findingsMax: FINDINGS_MAX,
    });
  }
}

function hasOutOfOrder({ outOfOrder }: Look): boolean {
  return [...outOfOrder.values()].some((watched) => watched.size > 0);
}

function recordsOf(directory: AuditedDirectory, reader: PageReader): PagedStream<AccountRecord> {
  const scan = async ({ after, limit }: { after: string; limit: number }) => {
    const items = await directory.listAccounts({ after, limit });
    return { items, ended: items.length < limit };
  };
  return new PagedStream(
    (start) =>
      reader.read(({ limit }) => scan({ after: 'after' in start ? start.after.accountId : '', limit }), {
        start,
        upToAccount: undefined,
      }),
    { fromAccount: '' },
  );
}

async function countAccounts(directory: AuditedDirectory, reader: PageReader): Promise<number> {
  if (directory.countAccounts) return directory.countAccounts();
  const records = recordsOf(directory, reader);
  let count = 0;
  for (;;) {
    if (records.isDry) await records.fill();
    if (!records.head) return count;
    records.shift();
    count += 1;
  }
}

async function countOverdue(shards: readonly Shard[]): Promise<number> {
  const overdue = await Promise.all(
    shards.map((shard) => shard.pendingDepartures({ limit: OVERDUE_MAX, olderThanMs: OVERDUE_MS })),
  );
  return overdue.reduce((sum, departures) => sum + departures.length, 0);
}
