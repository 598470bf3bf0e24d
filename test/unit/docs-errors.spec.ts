import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEMS, type ProblemDescription } from '../../src/api/problem-catalog';
import { tableWith } from '../setup/markdown-tables';

const ERRORS = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');

describe('the catalog in docs/errors.md', () => {
  const rows = tableWith(ERRORS, ['code', 'HTTP', 'gRPC']);
  const problems = Object.entries<ProblemDescription>(PROBLEMS);

  test('names every error once, and no other', () => {
    expect(rows.map((row) => row['code']).sort()).toEqual(Object.keys(PROBLEMS).sort());
  });

  test.each(problems)('gives %s its statuses and says when it happens', (code, { http, grpc, when }) => {
    expect(rows.find((row) => row['code'] === code)).toMatchObject({ HTTP: String(http), gRPC: grpc, when });
  });
});
