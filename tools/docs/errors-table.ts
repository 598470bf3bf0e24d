import { PROBLEMS, type ProblemDescription } from '../../src/contract/problem-catalog';
import { alignedTable, code } from './aligned-table';

/** Every error that leaves the service, in the order of the catalog. */
export function errorsTable(): string {
  return alignedTable(
    ['code', 'HTTP', 'gRPC', 'when', 'what to do'],
    Object.entries<ProblemDescription>(PROBLEMS).map(([name, { http, grpc, when, then }]) => [
      code(name),
      String(http),
      grpc,
      when,
      then,
    ]),
  );
}
