import { relative } from 'node:path';
import { repositoryRoot } from '../bootstrap/repository.mjs';

/** The test files that took longest, `file 12 s`, and the seconds of all files together. */
export function slowestFiles(report, count = 10) {
  const files = (report?.testResults ?? []).map(({ name, startTime, endTime }) => ({
    file: relative(repositoryRoot, name),
    seconds: Math.round((endTime - startTime) / 1_000),
  }));
  files.sort((a, b) => b.seconds - a.seconds);
  return {
    slowest: files.slice(0, count).map(({ file, seconds }) => `${file} ${seconds} s`),
    seconds: files.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}
