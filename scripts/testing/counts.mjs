export const none = { passed: 0, failed: 0, skipped: 0 };

export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** What a Jest run came to. A suite that could not run, or a run that failed for no test's sake, is one failure. */
export function countJest({ exitCode, report }) {
  if (report === undefined) return { ...none, failed: 1 };
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** The tests whose full name carries a mark such as `[sqlite]`. */
export function countMarked(report, mark) {
  const tests = (report?.testResults ?? []).flatMap((suite) => suite.assertionResults);
  return tests
    .filter(({ fullName }) => fullName.includes(mark))
    .map(({ status }) => (status === 'passed' || status === 'failed' ? status : 'skipped'))
    .reduce((counts, status) => ({ ...counts, [status]: counts[status] + 1 }), none);
}

/** `N passed, N failed`, and how many were skipped if any were. */
export function formatCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
