import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ClockSkew, DatabaseFault, EngineObserver, IntakeLevel, Undelivered } from '../engine/observer';
import { type CallNames, namesLogged } from './call-names';
import { CallMetrics } from './call-metrics';
import { CommandMetrics } from './command-metrics';
import { DependencyMetrics } from './dependency-metrics';
import { HeatMetrics } from './heat-metrics';
import { ScreeningMetrics } from './screening-metrics';
import { UndeliveredMetrics } from './undelivered-metrics';
import { SHORTFALL, StructuredLog } from './structured-log';
import { type DatabaseRefusedError, FILE_LOCKED } from '../shards/faults';

/** Where lane depths are read from when the metrics are scraped. */
export type DepthSource = () => readonly { readonly shard: string; readonly depths: readonly number[] }[];

/** What an audit came to, as far as it is shown here. */
export interface AuditSummary {
  readonly accounts: number;
  readonly subAccounts: number;
  readonly entries: number;
  readonly transfers: number;
  readonly findingsCount: number;
  readonly findings: readonly unknown[];
}

/** A problem as far as it is looked at here. */
interface AnsweredProblem {
  readonly refusal?: string;
  readonly extras: { readonly incident?: string };
}

const FINDINGS_LOGGED_MAX = 10;
/** A skew beyond this is warned about. */
const SKEW_WARNED_MS = 1_000;
/** Numbers and codes that have a series of their own; a database that makes numbers up must not fill the memory. */
const FAULT_CODES_MAX = 100;
/** Keys that have a series of their own among those whose bodies or lists were not read. */
const REFUSED_KEYS_MAX = 100;
/** What has waited for longer is said in the log, as often. */
const INTAKE_LATE_MS = 60_000;
/** Of the transfers between two shards. */

/** Everything that `/metrics` shows, and the engine's observer. */
@Injectable()
export class Metrics implements EngineObserver {
  readonly registry = new Registry();
  readonly #faultCodes = new Set<string>();
  readonly #refusedKeys = new Set<string>();
  #depths: DepthSource = () => [];
  #ofAll: () => Promise<string | undefined> = () => Promise.resolve(undefined);
  readonly #shardsDown = new Set<string>();
  readonly #full = new Set<string>();
  readonly #shardsKnown = new Set<string>();
  readonly #shardsRefused = new Set<string>();

  readonly #commands = new CommandMetrics(this.registry);
  /** How calls were answered, at both doors. */
  readonly calls = new CallMetrics(this.registry);
  readonly dependencies = new DependencyMetrics(this.registry);
  readonly heat = new HeatMetrics(this.registry);

  readonly #batchCommands = new Histogram({
    name: 'hotsplit_batch_commands',
    help: 'Commands merged into one shard transaction. Grows with the load, and should.',
    labelNames: ['shard'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    registers: [this.registry],
  });

  readonly #batchSeconds = new Histogram({
    name: 'hotsplit_batch_seconds',
    help: 'Time of one shard transaction, retries included.',
    labelNames: ['shard'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  readonly #deductions = new Counter({
    name: 'hotsplit_strategy_deductions_total',
    help: 'Deductions carried out one by one, by strategies other than `merged`: `committed`, `found` (a replay), `contended` (overloaded), `handOver` (a lane decided).',
    labelNames: ['strategy', 'result'],
    registers: [this.registry],
  });

  readonly #deductionRetries = new Counter({
    name: 'hotsplit_strategy_retries_total',
    help: 'Further tries of such deductions, because another transaction came between.',
    labelNames: ['strategy'],
    registers: [this.registry],
  });

  readonly #flushed = new Counter({
    name: 'hotsplit_leased_deductions_total',
    help: 'Deductions that were answered from a lease (strategy `leased`) and are decided: `written`, or `found` (their key had been sent elsewhere too and counted there).',
    labelNames: ['result'],
    registers: [this.registry],
  });

  readonly #shortfalls = new Counter({
    name: 'hotsplit_lease_shortfall_deductions_total',
    help: 'Deductions that were answered from a lease and cannot be charged any more. Each is logged with its key and amount.',
    registers: [this.registry],
  });

  readonly #webhooks = new Gauge({
    name: 'hotsplit_webhooks',
    help: 'Webhooks by `state`: `enabled`, or `disabled`, be it by an administrator.',
    labelNames: ['state'],
    registers: [this.registry],
  });

  readonly #webhooksDisabled = new Counter({
    name: 'hotsplit_webhooks_disabled_total',
    help: 'Webhooks that this instance has given up: their receivers answered 410, or took nothing for three days. Each is logged.',
    registers: [this.registry],
  });

  readonly #webhookEventsGivenUp = new Counter({
    name: 'hotsplit_webhook_events_given_up_total',
    help: 'Events that a receiver refused for three days while it took others. Each is logged, and can be sent again by hand.',
    registers: [this.registry],
  });

  readonly #webhookGaps = new Counter({
    name: 'hotsplit_webhook_gaps_total',
    help: 'How often a webhook passed over events that were deleted, being too old, before they were sent. Each is logged.',
    registers: [this.registry],
  });

  readonly #shardUp = new Gauge({
    name: 'hotsplit_shard_up',
    help: '1 while the shard answers, 0 while requests for it are turned away.',
    labelNames: ['shard'],
    // Several workers: down for one of them is worth knowing.
    aggregator: 'min',
    registers: [this.registry],
  });

  readonly #databaseErrors = new Counter({
    name: 'hotsplit_database_errors_total',
    help: 'Errors of a shard’s or the directory’s database, every try counted: what they mean for a transaction, and the server’s number or the driver’s code (the first hundred of them; then `other`). All but conflicts (`again`) are logged, at most 20 in 10 s.',
    labelNames: ['database', 'verdict', 'code'],
    registers: [this.registry],
  });

  readonly #clockSkew = new Gauge({
    name: 'hotsplit_clock_skew_seconds',
    help: 'How far a database’s clock is ahead of this instance’s (`instance`) or of the directory’s (`directory`), measured every 30 s.',
    labelNames: ['database', 'against'],
    // Several workers: they are on one machine, so any of them will do.
    aggregator: 'max',
    registers: [this.registry],
  });

  readonly #shardRefused = new Gauge({
    name: 'hotsplit_shard_refused',
    help: '1 while the database at a shard’s address is refused: empty, another one, or closed to the user. Wants attention at once.',
    labelNames: ['shard'],
    aggregator: 'max',
    registers: [this.registry],
  });

  readonly #setAside = new Gauge({
    name: 'hotsplit_accounts_set_aside',
    help: 'Accounts whose commands wait apart, because another transaction has them locked; counted once for each lane. The log names them.',
    labelNames: ['shard'],
    registers: [this.registry],
  });

  readonly #defects = new Counter({
    name: 'hotsplit_defects_total',
    help: 'Commands that failed by a defect. Any value above 0 wants attention.',
    registers: [this.registry],
  });

  readonly #databaseFull = new Gauge({
    name: 'hotsplit_database_full',
    help: '1 while a database (a shard, or the directory) has no room left to write, and for 30 seconds beyond the last write that failed for it. What would be written there is turned away.',
    labelNames: ['database'],
    // Several workers: each learns of it by its own writes.
    aggregator: 'max',
    registers: [this.registry],
  });

  readonly #connectionsRefused = new Counter({
    name: 'hotsplit_http_connections_refused_total',
    help: 'HTTP connections ended or not taken, because HOTSPLIT_HTTP_CONNECTIONS_MAX were open.',
    registers: [this.registry],
  });

  readonly #grpcConnectionsRefused = new Counter({
    name: 'hotsplit_grpc_connections_refused_total',
    help: 'gRPC connections ended or not taken, because HOTSPLIT_GRPC_CONNECTIONS_MAX were open.',
    registers: [this.registry],
  });

  readonly #bodiesRefused = new Counter({
    name: 'hotsplit_http_bodies_refused_total',
    help: 'HTTP requests whose bodies, and gRPC calls whose messages, were not read, or not to their end, by the id of their key: those under way took up HOTSPLIT_HTTP_BODIES_MIB_MAX (`budget`) or the part of it that one key may have (`share`), or the rest stopped arriving (`stalled`).',
    labelNames: ['reason', 'key'],
    registers: [this.registry],
  });

  readonly #anonymous = new Counter({
    name: 'hotsplit_anonymous_slowed_total',
    help: 'Requests without a known key beyond the rate of their address (HOTSPLIT_ANONYMOUS_PER_SECOND): `held` back for a while, or `refused` because too many were held.',
    labelNames: ['result'],
    registers: [this.registry],
  });

  readonly #collectorRequests = new Histogram({
    name: 'hotsplit_collector_requests',
    help: 'Rounds of the collector, by how many deductions waited for each; with `locked` true, all shards of the account were locked. A deduction that waits for three rounds counts in each.',
    labelNames: ['locked'],
    buckets: [1, 4, 16, 64, 256, 1024],
    registers: [this.registry],
  });

  readonly #auditFindings = new Gauge({
    name: 'hotsplit_audit_findings',
    help: 'Broken invariants that the last audit run by this instance found; 0 before there was one. Any value above 0 wants attention at once.',
    aggregator: 'max',
    registers: [this.registry],
  });

  readonly #auditedAt = new Gauge({
    name: 'hotsplit_audit_timestamp_seconds',
    help: 'When that audit ended, in seconds since 1970; 0 before there was one.',
    aggregator: 'max',
    registers: [this.registry],
  });

  readonly #deferred = new Counter({
    name: 'hotsplit_deferred_work_total',
    help: 'Background work (transfers, draining, leveling, operations, creations, opening a database) that failed and will be tried again. At most 20 in 10 s are logged.',
    registers: [this.registry],
  });

  readonly #feedRows = new Counter({
    name: 'hotsplit_feed_rows_published_total',
    help: 'Rows of the feed of events that this instance published: one for each transaction that wrote entries, of the directory (`.`) one for each change of an account.',
    labelNames: ['database'],
    registers: [this.registry],
  });

  readonly #feedSeconds = new Histogram({
    name: 'hotsplit_feed_publish_seconds',
    help: 'How old the oldest row of a page was when it was published, by the clocks of its database and of this instance: what a reader waits for an event. Steadily above a second, the feed lags behind.',
    labelNames: ['database'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600],
    registers: [this.registry],
  });

  readonly #transfers = new Counter({
    name: 'hotsplit_transfers_total',
    help: 'Transfers between shards that left, by who moved the money: the `collector` for a deduction that its home could not pay, the `rebalancer` ahead of need, the `sweeper` off shards that an account has left.',
    labelNames: ['by'],
    registers: [this.registry],
  });

  readonly #accessRefused = new Counter({
    name: 'hotsplit_access_refused_total',
    help: 'Calls, and items of batches, that were refused for their key, at both doors: `noKey`, `unknownKey` (or expired), `scope`, `account` (out of the key’s limits), `tooMany` without a known key.',
    labelNames: ['reason'],
    registers: [this.registry],
  });

  readonly #received = new Counter({
    name: 'hotsplit_intake_received_total',
    help: 'Deductions that were received to be charged later.',
    labelNames: ['shard'],
    registers: [this.registry],
  });

  readonly #workedOff = new Counter({
    name: 'hotsplit_intake_worked_off_total',
    help: 'Such deductions that have come to their end here: `succeeded`, the reason of their rejection, or `moved` to the home that their account’s new placement gives them.',
    labelNames: ['shard', 'end'],
    registers: [this.registry],
  });

  readonly #intakeWaiting = new Gauge({
    name: 'hotsplit_intake_waiting',
    help: 'Deductions that were received and wait to be charged, counted once a second, to HOTSPLIT_INTAKE_RECORDS_MAX.',
    labelNames: ['shard'],
    // Several workers: each counts the same.
    aggregator: 'max',
    registers: [this.registry],
  });

  readonly #intakeOldest = new Gauge({
    name: 'hotsplit_intake_oldest_seconds',
    help: 'For how long the first of them has been due on its shard, which what screening puts off is later; 0 where none is. Above a minute, logged once a minute.',
    labelNames: ['shard'],
    aggregator: 'max',
    registers: [this.registry],
  });
  readonly #intakeLines = new Map<string, number>();

  readonly #itemsRefused = new Counter({
    name: 'hotsplit_batch_items_refused_total',
    help: 'Items of batches that waited for HOTSPLIT_WAIT_MS_MAX and were not begun, by the id of their key.',
    labelNames: ['key'],
    registers: [this.registry],
  });
  readonly #listsRefused = new Counter({
    name: 'hotsplit_lists_refused_total',
    help: 'Lists that were not read, by the id of their key: too many waited (`waiting`), or this one for too long (`waited`); or whose answer was not taken in 30 s, and the connection ended (`unread`).',
    labelNames: ['reason', 'key'],
    registers: [this.registry],
  });
  readonly #screening: ScreeningMetrics;
  readonly #undelivered: UndeliveredMetrics;

  readonly #auditLinesLost = new Counter({
    name: 'hotsplit_audit_log_lost_total',
    help: 'Lines of the audit log about what calls came to that could not be written, for the directory was away for too long; they are in the log.',
    registers: [this.registry],
  });

  constructor(private readonly log: StructuredLog) {
    this.#screening = new ScreeningMetrics(this.registry, log);
    this.#undelivered = new UndeliveredMetrics(this.registry, log);
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'hotsplit_processes',
      help: 'Processes that these figures are of: 1, or how many of HOTSPLIT_WORKERS have answered.',
      registers: [this.registry],
    }).set(1);
    const depths = (): ReturnType<DepthSource> => this.#depths();
    new Gauge({
      name: 'hotsplit_lane_depth',
      help: 'Commands waiting in a lane.',
      labelNames: ['shard', 'lane'],
      registers: [this.registry],
      collect() {
        for (const { shard, depths: lanes } of depths()) {
          lanes.forEach((depth, lane) => {
            this.set({ shard, lane }, depth);
          });
        }
      },
    });
  }

  /** What to show in place of this process's own metrics, where there is such a thing. */
  showInstead(ofAll: () => Promise<string | undefined>): void {
    this.#ofAll = ofAll;
  }

  /** The text of `/metrics`. */
  async exposition(): Promise<string> {
    return (await this.#ofAll()) ?? this.registry.metrics();
  }

  readDepthsFrom(source: DepthSource): void {
    this.#depths = source;
  }

  readBodiesFrom(bytes: () => number): void {
    new Gauge({
      name: 'hotsplit_http_body_bytes',
      help: 'Bytes of the bodies of HTTP requests and of the messages of gRPC calls under way that count for HOTSPLIT_HTTP_BODIES_MIB_MAX.',
      registers: [this.registry],
      collect() {
        this.set(bytes());
      },
    });
  }

  readItemsFrom(waiting: () => number): void {
    new Gauge({
      name: 'hotsplit_batch_items_waiting',
      help: 'Items of batches and of messages of streams that wait to be begun: keys take turns, and each has its share.',
      registers: [this.registry],
      collect() {
        this.set(waiting());
      },
    });
  }

  readListsFrom(waiting: () => number): void {
    new Gauge({
      name: 'hotsplit_lists_waiting',
      help: 'Lists that wait until they may be read.',
      registers: [this.registry],
      collect() {
        this.set(waiting());
      },
    });
  }

  readAnonymousHeldFrom(held: () => number): void {
    new Gauge({
      name: 'hotsplit_anonymous_held',
      help: 'Requests without a known key that are held back now.',
      registers: [this.registry],
      collect() {
        this.set(held());
      },
    });
  }

  readCollectorFrom(waiting: () => number): void {
    new Gauge({
      name: 'hotsplit_collector_waiting',
      help: 'Deductions waiting for the next round of the collector.',
      registers: [this.registry],
      collect() {
        this.set(waiting());
      },
    });
  }

  readLeasesFrom(unwritten: () => number): void {
    new Gauge({
      name: 'hotsplit_lease_unwritten_deductions',
      help: 'Deductions answered from leases and not written yet.',
      registers: [this.registry],
      collect() {
        this.set(unwritten());
      },
    });
  }

  /** Whether each of the webhooks is enabled. */
  webhooks(enabled: readonly boolean[]): void {
    for (const state of [true, false])
      this.#webhooks.set(
        { state: state ? 'enabled' : 'disabled' },
        enabled.filter((each) => each === state).length,
      );
  }

  /** A receiver was given up. */
  webhookDisabled(webhookId: string, because: string): void {
    this.#webhooksDisabled.inc();
    this.log.error('a webhook was disabled', { webhookId, because });
  }

  webhookEventGivenUp(webhookId: string, eventId: string, answer: string): void {
    this.#webhookEventsGivenUp.inc();
    this.log.error('an event was given up that a webhook refuses', { webhookId, eventId, answer });
  }

  webhookGap(webhookId: string): void {
    this.#webhookGaps.inc();
    this.log.error('a webhook passed over events that were deleted before they were sent', { webhookId });
  }

  readEventStreamsFrom(streams: () => number): void {
    new Gauge({
      name: 'hotsplit_event_streams',
      help: 'Readers that follow the feed of events over connections of their own.',
      registers: [this.registry],
      collect() {
        this.set(streams());
      },
    });
  }

  /** Of the streams of deductions over gRPC. */
  readStreamsFrom(source: () => { readonly streams: number; readonly inFlight: number }): void {
    new Gauge({
      name: 'hotsplit_grpc_streams',
      help: 'Streams of deductions that are open.',
      registers: [this.registry],
      collect() {
        this.set(source().streams);
      },
    });
    new Gauge({
      name: 'hotsplit_grpc_stream_in_flight',
      help: 'Deductions of streams that were taken and whose results have not left.',
      registers: [this.registry],
      collect() {
        this.set(source().inFlight);
      },
    });
  }

  commandDone(kind: string, outcome: string, seconds: number): void {
    this.#commands.done(kind, outcome, seconds);
  }

  connectionRefused(): void {
    this.#connectionsRefused.inc();
  }

  grpcConnectionRefused(): void {
    this.#grpcConnectionsRefused.inc();
  }

  anonymousSlowed(result: 'held' | 'refused'): void {
    this.#anonymous.inc({ result });
  }

  bodyRefused(reason: 'share' | 'budget' | 'stalled', keyId: string): void {
    const key = keyId === '' ? 'none' : this.#refusedKey(keyId);
    this.#bodiesRefused.inc({ reason, key });
    this.log.warn('the body of a request was not read', { reason, keyId: keyId || 'none' });
  }

  itemsRefused(items: number, keyId: string): void {
    this.#itemsRefused.inc({ key: this.#refusedKey(keyId) }, items);
    this.log.warn('items of a batch were not begun in time', { items, keyId });
  }

  listRefused(reason: 'waiting' | 'waited' | 'unread', keyId: string): void {
    this.#listsRefused.inc({ reason, key: this.#refusedKey(keyId) });
    this.log.warn('a list was not read, or its answer was not taken', { reason, keyId });
  }

  auditLineLost(): void {
    this.#auditLinesLost.inc();
  }

  batchDone(batch: { shard: string; commands: number; seconds: number }): void {
    this.#batchCommands.observe({ shard: batch.shard }, batch.commands);
    this.#batchSeconds.observe({ shard: batch.shard }, batch.seconds);
  }

  deducted({ strategy, result, tries }: { strategy: string; result: string; tries: number }): void {
    this.#deductions.inc({ strategy, result });
    this.#deductionRetries.inc({ strategy }, tries - 1);
  }

  flushed({ deductions, found }: { deductions: number; found: number }): void {
    this.#flushed.inc({ result: 'written' }, deductions - found);
    this.#flushed.inc({ result: 'found' }, found);
  }

  shortfall(lost: { accountId: string; requestId: string; amountMinor: bigint; reason: string }): void {
    const { accountId, requestId, amountMinor, reason } = lost;
    this.#shortfalls.inc();
    this.log.error(SHORTFALL, {
      accountId,
      requestId,
      amount: amountMinor.toString(),
      reason,
    });
  }

  shardRefused(shard: string, error: DatabaseRefusedError | undefined): void {
    this.#shardRefused.set({ shard }, error ? 1 : 0);
    if (!error) {
      this.#shardsRefused.delete(shard);
      return;
    }
    if (this.#shardsRefused.has(shard)) return;
    this.#shardsRefused.add(shard);
    this.log.error('the database at a shard’s address is refused; nothing is read or written there', {
      shard,
      error,
    });
  }

  shardNotAdded(shard: string, error: unknown): void {
    this.log.warn('a database was not added as a shard', { shard, error });
  }

  shardBegunAnew(shard: string, incarnation: string): void {
    this.log.warn(
      'a shard was declared lost and begins anew: every balance, entry, hold and request id that was on it is gone',
      { shard, incarnation },
    );
  }

  shardState(shard: string, up: boolean): void {
    // A full shard answers whenever it is only read, and turns away what is written.
    this.#shardUp.set({ shard }, up && !this.#full.has(shard) ? 1 : 0);
    this.#shardsKnown.add(shard);
    if (this.#full.has(shard)) {
      if (up) this.#shardsDown.delete(shard);
      return;
    }
    if (up && this.#shardsDown.delete(shard)) this.log.info('shard answers again', { shard });
    if (up || this.#shardsDown.has(shard)) return;
    this.#shardsDown.add(shard);
    this.log.warn('shard cannot be reached; its share of requests is turned away', { shard });
  }

  databaseFault({ shard: database, verdict, reported, cause }: DatabaseFault): void {
    this.#databaseErrors.inc({ database, verdict, code: this.#faultCode(reported) });
    if (reported === FILE_LOCKED)
      this.log.warn('another process has a SQLite file locked: nothing is written there until it lets go', {
        database,
        code: reported,
      });
    // Conflicts come with the load; defects have a line of their own, under their incident.
    if (verdict === 'again' || verdict === 'lookUpKeys' || verdict === 'defect') return;
    this.log.warn('a database reported an error', {
      database,
      verdict,
      code: reported,
      error: cause,
    });
  }

  databaseRoom(database: string, isFull: boolean): void {
    this.#databaseFull.set({ database }, isFull ? 1 : 0);
    if (isFull) {
      this.#full.add(database);
      this.log.error('a database has no room left: nothing can be written there until there is some', {
        database,
      });
      return;
    }
    this.#full.delete(database);
    // Whether it answers was noted meanwhile; the directory has no such figure.
    if (this.#shardsKnown.has(database))
      this.#shardUp.set({ shard: database }, this.#shardsDown.has(database) ? 0 : 1);
    this.log.info('no write to a database that was full has failed for half a minute', { database });
  }

  accountSetAside({
    shard,
    accountId,
    isAside,
  }: {
    shard: string;
    accountId: string;
    isAside: boolean;
  }): void {
    this.#setAside.inc({ shard }, isAside ? 1 : -1);
    if (isAside)
      this.log.warn('somebody else has an account’s rows locked; its commands wait apart from the others', {
        shard,
        accountId,
      });
    else this.log.info('an account that was locked by somebody else is not any more', { shard, accountId });
  }

  clockSkew({ database, against, skewMs }: ClockSkew): void {
    this.#clockSkew.set({ database, against }, skewMs / 1_000);
    if (Math.abs(skewMs) <= SKEW_WARNED_MS) return;
    this.log.warn(
      'the clock of a database is wrong, or that of this instance: entries are listed out of order',
      {
        database,
        against,
        skewSeconds: skewMs / 1_000,
      },
    );
  }

  #refusedKey(keyId: string): string {
    if (this.#refusedKeys.size < REFUSED_KEYS_MAX) this.#refusedKeys.add(keyId);
    return this.#refusedKeys.has(keyId) ? keyId : 'other';
  }

  #faultCode(reported: string): string {
    if (this.#faultCodes.size < FAULT_CODES_MAX) this.#faultCodes.add(reported);
    return this.#faultCodes.has(reported) ? reported : 'other';
  }

  collected(round: { requests: number; locked: boolean }): void {
    this.#collectorRequests.observe({ locked: String(round.locked) }, round.requests);
  }

  audited({ report, seconds }: { report: AuditSummary; seconds: number }): void {
    const { accounts, subAccounts, entries, transfers, findingsCount, findings } = report;
    this.#auditFindings.set(findingsCount);
    this.#auditedAt.set(Date.now() / 1_000);
    const figures = { accounts, subAccounts, entries, transfers, seconds };
    if (findingsCount === 0) this.log.info('an audit found everything balanced', figures);
    else
      this.log.error('an audit found broken invariants', {
        ...figures,
        findingsCount,
        findings: findings.slice(0, FINDINGS_LOGGED_MAX),
      });
  }

  defect(incident: string, error: unknown): void {
    this.#defects.inc();
    this.log.error('a command failed by a defect', { incident, error });
  }

  sent(by: 'collector' | 'rebalancer' | 'sweeper'): void {
    this.#transfers.inc({ by });
  }

  directoryAsked(answer: { seconds: number; isUp: boolean }): void {
    this.dependencies.directoryAsked(answer);
  }

  /**
   * Counts refusals for a key, and names the call whose answer quotes an incident: what failed knew only the commands of a
   * batch.
   */
  problemAnswered(problem: AnsweredProblem, names: CallNames, keyId: string): void {
    if (problem.refusal !== undefined) this.#accessRefused.inc({ reason: problem.refusal });
    const { incident } = problem.extras;
    if (incident === undefined) return;
    this.log.error('a call was answered with an incident', {
      incident,
      ...namesLogged(names),
      keyId: keyId || 'none',
    });
  }

  deferred(work: string, error: unknown): void {
    this.#deferred.inc();
    this.log.warn('background work failed and will be tried again', { work, error });
  }

  received(shard: string): void {
    this.#received.inc({ shard });
  }

  workedOff(shard: string, end: string): void {
    this.#workedOff.inc({ shard, end });
  }

  screened(screened: Parameters<EngineObserver['screened']>[0]): void {
    this.#screening.screened(screened);
  }

  screeningFailed(failure: Parameters<EngineObserver['screeningFailed']>[0]): void {
    this.#screening.screeningFailed(failure);
  }

  screeningCall(call: Parameters<EngineObserver['screeningCall']>[0]): void {
    this.#screening.screeningCall(call);
  }

  screeningState(isAsked: boolean): void {
    this.#screening.screeningState(isAsked);
  }

  /** One line a shard and minute while its intake is full or does not come forward, and one when it does again. */
  intakeLevel({ shard, waiting, oldestMs, isFull }: IntakeLevel): void {
    this.#intakeWaiting.set({ shard }, waiting);
    this.#intakeOldest.set({ shard }, Math.max(0, oldestMs) / 1_000);
    const at = performance.now();
    if (!isFull && oldestMs < INTAKE_LATE_MS) {
      if (this.#intakeLines.delete(shard))
        this.log.info('the intake comes forward again', { shard, waiting });
      return;
    }
    if (at - (this.#intakeLines.get(shard) ?? -Infinity) < INTAKE_LATE_MS) return;
    this.#intakeLines.set(shard, at);
    const fields = { shard, waiting, oldestSeconds: Math.round(oldestMs / 1_000) };
    if (isFull) this.log.warn('the intake is full: what comes in is answered OVERLOADED', fields);
    else this.log.warn('the intake does not come forward', fields);
  }

  published({ source, rows, oldestAtUs }: { source: string; rows: number; oldestAtUs: number }): void {
    this.#feedRows.inc({ database: source }, rows);
    this.#feedSeconds.observe({ database: source }, Math.max(0, Date.now() / 1_000 - oldestAtUs / 1_000_000));
  }

  undelivered(found: Undelivered): void {
    this.#undelivered.found(found);
  }
}
