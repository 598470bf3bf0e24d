import type { Finding } from './finding';
import type { Secrets } from './leaks';

/** What the service's log and metrics may not say after it was fed nothing but requests. */
export function judgeLog(log: string, metrics: string, secrets: Secrets): Finding[] {
  const findings: Finding[] = [];
  const find = (detail: string): void => void findings.push({ kind: 'log', where: 'log', detail });
  const lines = log.split('\n').filter((line) => line !== '');
  const secret = lines.find((line) => secrets.find(line));
  if (secret !== undefined) find('a line shows a secret');
  const error = lines.find((line) => levelOf(line) === 'error' || /"incident"/.test(line));
  if (error !== undefined) find(`an error: ${error.slice(0, 2_000)}`);
  const foreign = lines.find((line) => levelOf(line) === undefined);
  if (foreign !== undefined) find(`a line that is not the service's own: ${foreign.slice(0, 500)}`);
  const defects = /^hotsplit_defects_total (\S+)/m.exec(metrics)?.[1];
  if (defects !== '0') find(`${defects ?? 'no count of'} defects`);
  return findings;
}

function levelOf(line: string): string | undefined {
  try {
    return (JSON.parse(line) as { level?: string }).level;
  } catch {
    return undefined;
  }
}
