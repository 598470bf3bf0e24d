import type { AccountRecord } from '../../../src/shards/directory/account-record';
import { auditSite } from '../audit/audit-site';
import { BatchCounter } from '../cases/batch-counter';
import type { Figures, Round } from '../cases/case';
import { microsSince } from '../cases/in-process-case';
import { mergedLoad } from '../cases/merged-load';
import { runClosedLoop } from '../measure/closed-loop';
import { Sequence } from '../measure/requests';
import { Tally } from '../measure/tally';
import { timingOf } from '../measure/timing';
import type { Surroundings } from '../scenario';
import { createHotAccount, prepareSite, startRuntime } from '../stage/runtime';
import { createSite, type Site } from '../stage/site';
import type { Servers, StoreKind } from '../stage/store-kind';
import type { EntryTable, IoCounters } from './entry-table';
import { openEntryTable } from './open-entry-table';
import { grow } from './grow';
import { type IdKind, REQUEST_IDS } from './request-ids';

const MIB = 2 ** 20;

export type Unaudited = Omit<Round, 'audit'>;

/** Databases that keep what their account has lived through, and how they are loaded. */
export class LivedSite {
  readonly #sequence = new Sequence();
  readonly #tally = new Tally();

  private constructor(
    private readonly site: Site,
    private readonly account: AccountRecord,
    private readonly tables: readonly EntryTable[],
    private readonly ids: IdKind,
    private readonly print: (line: string) => void,
  ) {}

  static async open(
    wanted: { readonly store: StoreKind; readonly subAccounts: number; readonly ids: IdKind },
    servers: Servers,
    { cleanups, print }: Surroundings,
  ): Promise<LivedSite> {
    const site = await createSite(wanted.store, servers, cleanups);
    const account = await prepareSite(site, wanted.subAccounts);
    const tables = await Promise.all(site.shards.map(({ location }) => openEntryTable(location)));
    return new LivedSite(site, account, tables, wanted.ids, print);
  }

  get entries(): number {
    return this.#tally.total.count;
  }

  async growTo(entries: number): Promise<void> {
    const { site, account, tables, ids, print } = this;
    const [sequence, tally] = [this.#sequence, this.#tally];
    await grow(entries - this.entries, { site, account, tables, ids, sequence, tally, print });
  }

  async settle(): Promise<void> {
    await Promise.all(this.tables.map((table) => table.settle()));
  }

  /** Deductions through the engine, started for it and stopped after it; what the database did for each. */
  async measure(inFlight: number, seconds: number): Promise<Unaudited> {
    const entriesBefore = this.entries;
    const errorsBefore = this.#tally.errors;
    const observer = new BatchCounter();
    const runtime = await startRuntime(this.site, observer);
    try {
      await createHotAccount(runtime, this.account.subAccounts);
      const load = mergedLoad(runtime, this.#sequence, this.#tally, REQUEST_IDS[this.ids]);
      observer.reset();
      const sizes = await this.#sizes();
      const countersBefore = await this.#counters();
      const cpuBefore = process.cpuUsage();
      const result = await runClosedLoop({ ...timingOf(seconds), inFlight }, load);
      const done = this.entries - entriesBefore;
      return {
        ...result,
        errors: this.#tally.errors - errorsBefore,
        cpuMicrosPerOp: microsSince(cpuBefore) / done,
        batches: observer.figures,
        figures: {
          entries: entriesBefore,
          ...sizes,
          ...ioFigures(countersBefore, await this.#counters(), done),
        },
      };
    } finally {
      await runtime.stop();
    }
  }

  /** Reads every entry. @returns `balanced`, or what is not */
  async audit(): Promise<{ readonly verdict: string; readonly seconds: number }> {
    const started = performance.now();
    const verdict = await auditSite(this.site, this.#tally.total);
    return { verdict, seconds: (performance.now() - started) / 1_000 };
  }

  async drop(): Promise<void> {
    await Promise.all(this.tables.map((table) => table.close()));
    await this.site.drop();
  }

  async #sizes(): Promise<Figures> {
    const sizes = await Promise.all(this.tables.map((table) => table.size()));
    const mib = (bytes: readonly number[]): number => sum(bytes) / MIB;
    const keys = sizes.map(({ keyBytes }) => keyBytes).filter((bytes) => bytes !== undefined);
    return {
      'table MiB': mib(sizes.map(({ bytes }) => bytes)),
      ...(keys.length > 0 && { 'of it unique index MiB': mib(keys) }),
    };
  }

  async #counters(): Promise<IoCounters[]> {
    const counters = await Promise.all(this.tables.map((table) => table.counters()));
    return counters.filter((each) => each !== undefined);
  }
}

function ioFigures(before: readonly IoCounters[], after: readonly IoCounters[], ops: number): Figures {
  if (after.length === 0) return {};
  const between = (value: (counters: IoCounters) => number): number =>
    sum(after.map(value)) - sum(before.map(value));
  const reads = between(({ poolReads }) => poolReads);
  return {
    'pool hits %': 100 * (1 - reads / between(({ poolRequests }) => poolRequests)),
    'pages read / 1,000': (1_000 * reads) / ops,
    'pages written / 1,000': (1_000 * between(({ pagesWritten }) => pagesWritten)) / ops,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
