import { textTable } from '../../kernel/text-table';
import type { FoundOnce } from './door';
import type { FuzzReport } from './fuzz-run';

/** The report for people: what was sent where, and what came back. */
export function describeReport(report: FuzzReport): string {
  const rows = Object.entries(report.counts).map(([where, statuses]) => {
    const inClass = (from: number): string =>
      String(
        Object.entries(statuses).reduce(
          (sum, [status, count]) => (Math.floor(Number(status) / 100) === from ? sum + count : sum),
          0,
        ),
      );
    return [
      where,
      inClass(2),
      inClass(3),
      inClass(4),
      inClass(5),
      // Of gRPC what is not OK stands under its own number, below 100.
      String(Number(inClass(0)) - (statuses['0'] ?? 0)),
      String(statuses['0'] ?? 0),
      Object.entries(statuses)
        .filter(([status]) => status !== '0')
        .map(([status, count]) => `${status}: ${count}`)
        .join(', '),
    ];
  });
  return [
    textTable(['operation', '2xx', '3xx', '4xx', '5xx', 'gRPC', 'none', 'statuses'], rows),
    `${report.requests} requests in ${report.seconds.toFixed(1)} s (${Math.round(report.requestsPerSecond)}/s), ` +
      `${report.entries} entries acknowledged, audit ${report.audit.slice(0, 200)}, ${Math.round(report.residentMib)} MiB resident, ${report.openFiles} open files`,
    ...report.neverSucceeded.map((operation) => `never succeeded: ${operation}`),
  ].join('\n');
}

/** A finding for people, with how to see it again. */
export function findingText(
  { finding, reproduction }: FoundOnce,
  { seed, store, requests }: FuzzReport,
): string {
  const replay = reproduction?.replay ?? `--seed ${seed} --requests ${requests}`;
  return [
    '',
    `${finding.kind.toUpperCase()}  ${finding.where}`,
    `  ${finding.detail}`,
    ...(reproduction?.changes.map((change) => `  with: ${change}`) ?? []),
    ...(reproduction ? [`  send: ${reproduction.command}`] : []),
    `  again: npm run fuzz -- --store ${store} ${replay}`,
  ].join('\n');
}
