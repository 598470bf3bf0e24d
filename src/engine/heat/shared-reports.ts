import type { HeatStore } from '../../shards/directory/heat-store';
import type { HeatReport } from './heat-report';

/** Reports are nobody's after this long: their instance is gone. */
export const REPORT_MS_MAX = 4_000;
/** Instances that are added up. */
const INSTANCES_MAX = 1_000;

/** A place beside the directory where instances tell each other. */
export interface ReportExchange {
  /**
   * Says what this instance is busy with.
   *
   * @returns what all of them said of late, or `undefined` while it cannot be reached
   */
  exchange(instanceId: string, report: string): Promise<readonly string[] | undefined>;
}

/** What all instances report, and where it was found: sums from two places cannot be compared. */
export interface Exchanged {
  readonly reports: readonly HeatReport[];
  readonly place: 'beside' | 'directory';
}

/** Reports of all instances: over Redis where that is set and answers, else over the directory. */
export class SharedReports {
  constructor(
    private readonly store: Pick<HeatStore, 'report' | 'reports'>,
    private readonly beside?: ReportExchange,
  ) {}

  /** Rejects with `DirectoryUnavailableError` when neither place can be reached. */
  async exchange(report: HeatReport): Promise<Exchanged> {
    const text = JSON.stringify(report);
    const found = await this.beside?.exchange(report.instanceId, text);
    if (found) return { reports: readReports(found), place: 'beside' };
    await this.store.report(report.instanceId, text);
    return {
      reports: readReports(await this.store.reports(REPORT_MS_MAX, INSTANCES_MAX)),
      place: 'directory',
    };
  }
}

/** Another build may report something else: what cannot be read counts as nothing. */
function readReports(texts: readonly string[]): HeatReport[] {
  return texts.flatMap((text) => {
    try {
      const report = JSON.parse(text) as Partial<HeatReport>;
      return Array.isArray(report.accounts) && Array.isArray(report.shards) ? [report as HeatReport] : [];
    } catch {
      return [];
    }
  });
}
