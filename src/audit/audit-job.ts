import type { Job, JobRun } from '../engine/operations/operation-runner';
import type { EngineRuntime } from '../engine/runtime';
import { ASKED, ENDED } from '../shards/directory/operation-store';
import { ShardUnavailableError } from '../shards/faults';
import { audit, type AuditReport } from './audit';

const READING = 'reading';

/** How often progress is written down, at most. */
const REPORT_MS_MIN = 500;

export interface AuditEnd {
  readonly report: AuditReport;
  readonly seconds: number;
}

/** Checks all accounts. One that is cut short begins anew: it keeps nothing between pages. */
export class AuditJob implements Job {
  constructor(
    private readonly runtime: EngineRuntime,
    private readonly ended: (end: AuditEnd) => void,
  ) {}

  async run(run: JobRun): Promise<void> {
    const { runtime } = this;
    // From here on whoever asks for an audit asks for another one: this one may have passed what is to be checked.
    if (run.operation.step === ASKED) await run.advance({ step: READING });
    const started = performance.now();
    await runtime.registry.discover();
    let report: AuditReport;
    try {
      report = await audit({
        shards: runtime.shards.all.map(({ shard }) => shard),
        directory: runtime.directory,
        signal: run.signal,
        idempotencyWindowMs: runtime.idempotencyWindowMs,
        progress: progressTo(run),
      });
    } catch (error) {
      if (!(error instanceof ShardUnavailableError)) throw error;
      const detail = `Shard ${error.shard} could not be read; an audit that did not see everything reports nothing.`;
      await run.advance({ step: ENDED, status: 'failed', error: { code: error.code, detail } });
      return;
    }
    await forgetWrongSums(runtime, report);
    this.ended({ report, seconds: (performance.now() - started) / 1_000 });
    await run.advance({
      step: ENDED,
      status: 'done',
      progress: { done: report.accounts, total: report.accounts },
      result: report,
    });
  }
}

/** Questions about the past are answered from running sums: a wrong one is made again from the entries. */
async function forgetWrongSums({ shards }: EngineRuntime, { findings }: AuditReport): Promise<void> {
  for (const { invariant, accountId, shard } of findings) {
    if (invariant !== 'runningSumIsSumOfEntries' || shard === undefined) continue;
    await shards
      .shard(shard)
      .forgetRunningSums(accountId)
      .catch(() => undefined);
  }
}

/** Writes progress down while the audit goes on; one that could not be written is followed by the next. */
function progressTo(run: JobRun): (done: number, total: number) => void {
  let writing = false;
  let last = -Infinity;
  return (done, total) => {
    if (writing || performance.now() - last < REPORT_MS_MIN) return;
    writing = true;
    last = performance.now();
    run
      .report({ done, total })
      .catch(() => undefined)
      .finally(() => (writing = false));
  };
}
