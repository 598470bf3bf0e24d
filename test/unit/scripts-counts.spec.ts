import { join } from 'node:path';

/** The last line of `npm test` must never say more than what ran. */

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface CountsScript {
  countJest(run: { exitCode: number; report?: object }): Counts;
  countMarked(report: object | undefined, mark: string): Counts;
  formatCounts(counts: Counts): string;
}

let script: CountsScript;

beforeAll(async () => {
  const file = join(__dirname, '..', '..', 'scripts', 'testing', 'counts.mjs');
  script = (await import(file)) as CountsScript;
});

const report = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [
    {
      assertionResults: [
        { fullName: 'shard store [sqlite] applies a batch', status: 'passed' },
        { fullName: 'shard store [mysql] applies a batch', status: 'pending' },
      ],
    },
    { assertionResults: [{ fullName: 'shard store [sqlite] keeps keys', status: 'failed' }] },
  ],
};

describe('countJest', () => {
  it("takes over Jest's numbers", () => {
    expect(
      script.countJest({ exitCode: 0, report: { ...report, numTodoTests: 1, numPendingTests: 2 } }),
    ).toEqual({
      passed: 3,
      failed: 0,
      skipped: 3,
    });
  });

  it('counts a suite that could not run as failed', () => {
    const run = { exitCode: 1, report: { ...report, numRuntimeErrorTestSuites: 2 } };
    expect(script.countJest(run).failed).toBe(2);
  });

  it('counts a run that failed without a failed test, or left no report, as one failure', () => {
    expect(script.countJest({ exitCode: 1, report }).failed).toBe(1);
    expect(script.countJest({ exitCode: 137 })).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('countMarked', () => {
  it('counts the tests of one store', () => {
    expect(script.countMarked(report, '[sqlite]')).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(script.countMarked(report, '[mysql]')).toEqual({ passed: 0, failed: 0, skipped: 1 });
    expect(script.countMarked(undefined, '[mysql]')).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });
});

describe('formatCounts', () => {
  it('names skipped tests only if there are some', () => {
    expect(script.formatCounts({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
    expect(script.formatCounts({ passed: 12, failed: 1, skipped: 2 })).toBe('12 passed, 1 failed, 2 skipped');
  });
});
