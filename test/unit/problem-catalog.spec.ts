import { begunOrProblem, changedOrProblem } from '../../src/api/operation-problem';
import { problemOfFault } from '../../src/api/fault-problem';
import { entryOrProblem, holdOrProblem } from '../../src/api/outcome-problem';
import { Problem } from '../../src/contract/problem';
import { PROBLEMS, type ProblemCode, type ProblemDescription } from '../../src/contract/problem-catalog';
import type { MoneyOutcome } from '../../src/deductions/deduction.service';
import { principalOf, SCOPES } from '../../src/platform/principal';
import type { OperationStart, StatusChange } from '../../src/operations/operation.service';
import { DirectoryUnavailableError } from '../../src/shards/directory/directory';
import { ShardContendedError, ShardUnavailableError } from '../../src/shards/faults';
import { matching } from '../setup/matching';

const ADMIN = principalOf({ keyId: 'bootstrap', scopes: ['admin'], accounts: null });

const GRPC_STATUSES = [
  'INVALID_ARGUMENT',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'FAILED_PRECONDITION',
  'ABORTED',
  'RESOURCE_EXHAUSTED',
  'UNAVAILABLE',
  'UNIMPLEMENTED',
  'DEADLINE_EXCEEDED',
  'INTERNAL',
];

describe('the problem catalog', () => {
  test.each(Object.entries<ProblemDescription>(PROBLEMS))('describes %s whole', (code, problem) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(problem.http).toBeGreaterThanOrEqual(400);
    expect(problem.http).toBeLessThan(600);
    expect(GRPC_STATUSES).toContain(problem.grpc);
    expect(problem.title).toMatch(/^[A-Z].*[^.]$/);
    for (const sentence of [problem.when, problem.then]) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  test.each(Object.keys(PROBLEMS) as ProblemCode[])('makes the RFC 9457 body of %s', (code) => {
    const { title, http } = PROBLEMS[code];
    expect(new Problem(code).body).toEqual({
      type: `urn:hotsplit:problem:${code}`,
      title,
      status: http,
      detail: title,
      code,
    });
  });

  test('puts data into the body, and leaves what is for headers out', () => {
    const extras = {
      detail: 'why',
      errors: [{ field: 'amount', rule: 'digits' }],
      available: '7',
      incident: 'i',
      retryAfterSeconds: 1,
    };
    const { body } = new Problem('INTERNAL', extras);
    expect(body).toMatchObject({ detail: 'why', errors: extras.errors, available: '7', incident: 'i' });
    expect(body).not.toHaveProperty('retryAfterSeconds');
  });
});

describe('an outcome that is no success', () => {
  test.each<[MoneyOutcome, ProblemCode, object]>([
    [{ kind: 'accountNotFound' }, 'ACCOUNT_NOT_FOUND', {}],
    [{ kind: 'keyReused' }, 'IDEMPOTENCY_KEY_REUSED', {}],
    [
      { kind: 'insufficientFunds', availableMinor: 10n ** 18n },
      'INSUFFICIENT_FUNDS',
      { available: '1000000000000000000' },
    ],
    [{ kind: 'accountFrozen' }, 'ACCOUNT_FROZEN', {}],
    [{ kind: 'accountClosed' }, 'ACCOUNT_CLOSED', {}],
    [{ kind: 'balanceLimitExceeded' }, 'BALANCE_LIMIT_EXCEEDED', {}],
    [{ kind: 'overloaded', shard: 's0' }, 'OVERLOADED', { retryAfterSeconds: 1 }],
    [{ kind: 'shardUnavailable', shard: 's0' }, 'SHARD_UNAVAILABLE', { retryAfterSeconds: 1 }],
    [{ kind: 'failed', incident: 'i' }, 'INTERNAL', { incident: 'i' }],
  ])('%j is the problem %s', (outcome, code, extras) => {
    expect(entryOrProblem(outcome, ADMIN)).toMatchObject({ code, extras });
  });

  test.each(SCOPES)('shows the balance to the scope %s only where it may read', (scope) => {
    const caller = principalOf({ keyId: 'key_1', scopes: [scope], accounts: null });
    const outcome = { kind: 'insufficientFunds', availableMinor: 7n } as const;
    const shown = scope === 'read' || scope === 'admin' ? { available: '7' } : {};
    for (const tell of [entryOrProblem, holdOrProblem])
      expect(tell(outcome, caller)).toMatchObject({ code: 'INSUFFICIENT_FUNDS', extras: shown });
    expect((entryOrProblem(outcome, caller) as Problem).body.available).toBe(shown.available);
  });

  test.each(['arrived', 'alreadyArrived'] as const)('%s never reaches a user', (kind) => {
    expect(() => entryOrProblem({ kind }, ADMIN)).toThrow(TypeError);
  });
});

describe('an operation that was not begun', () => {
  test.each<[OperationStart, ProblemCode]>([
    [{ kind: 'accountNotFound' }, 'ACCOUNT_NOT_FOUND'],
    [{ kind: 'accountClosed' }, 'ACCOUNT_CLOSED'],
    [{ kind: 'changedMeanwhile' }, 'PRECONDITION_FAILED'],
    [{ kind: 'inProgress', operationId: null }, 'OPERATION_IN_PROGRESS'],
    [{ kind: 'unknownShards', names: ['a', 'b'] }, 'INVALID_ARGUMENT'],
  ])('%j is the problem %s', (start, code) => {
    expect(() => begunOrProblem(start)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('names the one that is under way', () => {
    const named = { body: { operationId: 'op-7', detail: 'Operation op-7 of the account is under way.' } };
    expect.assertions(1);
    try {
      begunOrProblem({ kind: 'inProgress', operationId: 'op-7' });
    } catch (problem) {
      expect(problem).toMatchObject(named);
    }
  });
});

describe('a change of status that was not made', () => {
  test.each<[StatusChange, ProblemCode]>([
    [{ kind: 'accountNotFound' }, 'ACCOUNT_NOT_FOUND'],
    [{ kind: 'unfinished' }, 'SHARD_UNAVAILABLE'],
    [{ kind: 'refused', error: { code: 'ACCOUNT_NOT_EMPTY', detail: 'why' } }, 'ACCOUNT_NOT_EMPTY'],
    [{ kind: 'refused', error: { code: 'ACCOUNT_CLOSED', detail: 'why' } }, 'ACCOUNT_CLOSED'],
    [{ kind: 'refused', error: { code: 'OPERATION_IN_PROGRESS', detail: 'why' } }, 'OPERATION_IN_PROGRESS'],
  ])('%j is the problem %s', (change, code) => {
    expect(() => changedOrProblem(change)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('for a reason that the catalog does not have is a defect', () => {
    const change = { kind: 'refused', error: { code: 'toString', detail: 'why' } } as const;
    expect(() => changedOrProblem(change)).toThrow(TypeError);
  });
});

describe('a thrown fault', () => {
  const noting = () => {
    const defects: { incident: string; error: unknown }[] = [];
    return { defects, defect: (incident: string, error: unknown) => void defects.push({ incident, error }) };
  };

  test.each<[string, Error, ProblemCode]>([
    ['a shard that is away', new ShardUnavailableError('s0', 'gone'), 'SHARD_UNAVAILABLE'],
    ['a directory that is away', new DirectoryUnavailableError('gone'), 'SHARD_UNAVAILABLE'],
    ['tries that are spent', new ShardContendedError('s0', 10), 'OVERLOADED'],
  ])('of %s asks to come again, and is no defect', (_what, error, code) => {
    const observer = noting();
    expect(problemOfFault(error, observer)).toMatchObject({ code, extras: { retryAfterSeconds: 1 } });
    expect(observer.defects).toEqual([]);
  });

  test.each([new Error('password of mysql://root:hunter2@db'), 'hunter2', undefined, null])(
    'that nobody foresaw (%p) is logged under an id, and only the id leaves',
    (error) => {
      const observer = noting();
      const { body } = problemOfFault(error, observer);
      expect(body).toMatchObject({ code: 'INTERNAL', incident: matching(/^[0-9a-f-]{36}$/) });
      expect(JSON.stringify(body)).not.toContain('hunter2');
      expect(observer.defects).toEqual([{ incident: body.incident, error }]);
    },
  );

  test('that is a problem already is that problem', () => {
    const problem = new Problem('ACCOUNT_NOT_FOUND');
    expect(problemOfFault(problem, noting())).toBe(problem);
  });
});
