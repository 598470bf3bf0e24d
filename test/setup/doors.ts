import { OPERATION_STATUSES } from '../../src/shards/directory/operation-record';
import { status } from '@grpc/grpc-js';
import { PROBLEMS, type ProblemCode } from '../../src/contract/problem-catalog';
import type { GrpcClient, Json } from './grpc-client';
import { type Command, OPERATIONS } from './operations';
import type { Answer, RestClient } from './rest-client';

/** What a command came to, in words that both doors share. Times, and what hangs on them, are left out. */
export type DoorOutcome =
  | { readonly kind: 'done'; readonly replayed: boolean; readonly body: unknown }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly data: Readonly<Record<string, string>>;
      readonly errors: readonly { readonly field: string; readonly rule: string }[];
      readonly retryAfterSeconds?: number;
    };

/** Fields by the names of the REST bodies, and those of the path beside them. */
export type Fields = Readonly<Record<string, unknown>>;

/** One way to give the service a command. */
export interface Door {
  readonly send: (command: Command, fields: Fields) => Promise<DoorOutcome>;
}

export function restDoor(rest: RestClient): Door {
  return {
    send: async (command, { ifMatch, ...fields }) => {
      const [method = '', template = ''] = OPERATIONS[command].rest.split(' ');
      const path = template.replace(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(text(fields[name])),
      );
      const left = Object.fromEntries(
        Object.entries(fields).filter(([name]) => !template.includes(`{${name}}`)),
      );
      const query = Object.entries(method === 'GET' ? left : {})
        .flatMap(([name, value]) => (value === undefined ? [] : inAddress(name, value)))
        .join('&');
      // What needs no body is sent none.
      const hasBody =
        method === 'PUT' || method === 'PATCH' || (method === 'POST' && Object.keys(left).length > 0);
      const answer = await rest.send(method, query === '' ? path : `${path}?${query}`, {
        ...(hasBody && { json: left }),
        headers: ifMatch === undefined ? {} : { 'if-match': text(ifMatch) },
      });
      return restOutcome(command, answer);
    },
  };
}

/** What is an object stands in an address field by field. */
function inAddress(name: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [`${name}=${encodeURIComponent(text(value))}`];
  return Object.entries(value).flatMap(([key, each]) =>
    inAddress(`${name}${encodeURIComponent(`[${key}]`)}`, each),
  );
}

function restOutcome(command: Command, { status: http, body, headers }: Answer): DoorOutcome {
  if (http < 300) {
    const replayed =
      headers['idempotent-replayed'] === 'true' || (command.startsWith('create') && http === 200);
    const results = body['results'] as { error?: Json }[] | undefined;
    const shown = results
      ? { results: results.map((each) => (each.error ? { ...each, error: problemOf(each.error) } : each)) }
      : body;
    return { kind: 'done', replayed, body: timeless(shown) };
  }
  const code = String(body['code']);
  if (PROBLEMS[code as ProblemCode].http !== http) throw new Error(`${code} came with HTTP ${http}`);
  const retry = headers['retry-after'];
  return {
    kind: 'refused',
    ...problemOf(body),
    ...(retry !== undefined && { retryAfterSeconds: Number(retry) }),
  };
}

const PREFIXES =
  /^(ENTRY_KIND|DURABILITY|HOLD_STATUS|ACCOUNT_STATUS|CREDIT_LIMIT_STATUS|CONSISTENCY|OPERATION_KIND|OPERATION_STATUS|SUB_ACCOUNT_STATUS|DEDUCT_STATUS|SHARD_STATUS|SCOPE|DELIVERY_STATUS|BUDGET_PERIOD)_/;

/** @param key another than the admin's; empty for none */
export function grpcDoor(grpc: GrpcClient, key?: string): Door {
  return {
    send: async (command, fields) => {
      const outcome = await grpc.call(
        `hotsplit.v1.${OPERATIONS[command].grpc}`,
        command === 'transfer' ? paying(fields) : enumerated(fields),
        key === undefined ? {} : { key },
      );
      if (outcome.kind === 'answered') {
        const { replayed = false, ...message } = outcome.message;
        return {
          kind: 'done',
          replayed: replayed === true,
          body: timeless(restBody(command, worded(message) as Json)),
        };
      }
      const { code, data, errors, retryAfterSeconds } = outcome;
      const known = PROBLEMS[code as ProblemCode] as (typeof PROBLEMS)[ProblemCode] | undefined;
      const expected: number | undefined = known && status[known.grpc];
      if (expected !== outcome.status) throw new Error(`"${code}" came with status ${outcome.status}`);
      return {
        kind: 'refused',
        code,
        data: Object.fromEntries(Object.entries(data).filter(([name]) => !TIMELY.has(name))),
        errors,
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      };
    },
  };
}

/** Some languages have no field named `from`, so the proto calls both accounts something else. */
function paying({ from: fromAccount, to: toAccount, ...rest }: Fields): Json {
  return { ...rest, fromAccount, toAccount };
}

/** The words of REST as the proto's enums, its times as timestamps, and what takes a limit away as a mask. */
function enumerated(fields: Fields): Json {
  const { kind, order, status, final: isFinal, consistency, scopes, expiresAt, at, period, ...rest } = fields;
  const value = (prefix: string, word: unknown): string =>
    `${prefix}_${text(word).toUpperCase().replaceAll('-', '_')}`;
  const others = Object.entries(rest).filter(([, each]) => each !== null);
  return {
    ...Object.fromEntries(others),
    ...(kind !== undefined && {
      kinds: text(kind)
        .split(',')
        .map((each) => value('ENTRY_KIND', each)),
    }),
    ...(order !== undefined && { order: value('LIST_ORDER', order) }),
    ...(isFinal !== undefined && { isFinal }),
    // Which of the two statuses it is, a word of either one tells.
    ...(status !== undefined && {
      status: value(isOperationStatus(status) ? 'OPERATION_STATUS' : 'HOLD_STATUS', status),
    }),
    // Of a summary it is a word.
    ...(period !== undefined && { period: 'budgetId' in rest ? value('BUDGET_PERIOD', period) : period }),
    ...(consistency !== undefined && { consistency: value('CONSISTENCY', consistency) }),
    ...(Array.isArray(scopes) && { scopes: scopes.map((scope) => value('SCOPE', scope)) }),
    ...(typeof at === 'string' && { at: { seconds: Date.parse(at) / 1_000 } }),
    ...(typeof expiresAt === 'string' && { expiresAt: { seconds: Date.parse(expiresAt) / 1_000 } }),
    ...(Object.values(fields).includes(null) && { updateMask: { paths: changedPaths(fields) } }),
  };
}

function isOperationStatus(word: unknown): boolean {
  return OPERATION_STATUSES.some((status) => status === word);
}

function changedPaths(change: Fields): string[] {
  const names = Object.keys(change).filter((name) => name !== 'keyId' && name !== 'webhookId');
  return names.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** The proto's enums as the words of REST, wherever they are. */
function worded(value: unknown): unknown {
  if (typeof value === 'string' && PREFIXES.test(value)) {
    const word = value.replace(PREFIXES, '').toLowerCase().replaceAll('_', '-');
    return word === 'unspecified' ? undefined : word;
  }
  if (Array.isArray(value)) return value.map(worded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, worded(each)]));
}

interface BatchResult {
  readonly requestId?: string;
  readonly holdId?: string;
  readonly status: string;
  readonly hold?: Json;
  readonly error?: Json;
}

/** Many in one call, and how the client asks for one of them. */
export const BATCHES: Partial<Record<Command, Command>> = {
  batchDeduct: 'deduct',
  batchHold: 'hold',
  batchConfirmHold: 'confirmHold',
};

/** What REST says in other places, or by itself. */
function restBody(command: Command, message: Json): unknown {
  if (command in BATCHES) {
    const results = message['results'] as BatchResult[];
    return {
      results: results.map(({ requestId, holdId, status: ended, hold, error }) => ({
        // REST tells a key that is missing as null; a proto text cannot.
        requestId: requestId || holdId || null,
        ...(command !== 'batchDeduct' && { holdId: holdId || null }),
        status: ended,
        ...(hold && { hold: { ...hold, kind: 'hold', requestId: hold['holdId'] } }),
        ...(error && { error: problemOf({ ...error, ...(error['data'] as object | undefined) }) }),
      })),
    };
  }
  const names = ['entry', 'hold', 'transfer', 'account', 'operation', 'shard', 'key', 'webhook', 'budget'];
  const inner = names.map((name) => message[name]).find((each) => typeof each === 'object');
  const body = (inner ?? message) as Json;
  if (message['secret'] !== undefined) return { ...body, secret: message['secret'] };
  if (message['entry']) return { ...body, status: 'succeeded' };
  if (message['transfer']) {
    const { fromAccount: from, toAccount: to, ...transfer } = body;
    return { ...transfer, from, to, status: 'succeeded' };
  }
  if (message['hold']) return { ...body, kind: 'hold', requestId: body['holdId'] };
  if (command === 'listHolds')
    return {
      ...body,
      items: (body['items'] as Json[]).map((hold) => ({ ...hold, kind: 'hold', requestId: hold['holdId'] })),
    };
  if (command === 'listEntries' || command === 'getStatement')
    return {
      ...body,
      items: (body['items'] as Json[]).map((entry) => ({ ...entry, status: 'succeeded' })),
    };
  return body;
}

function problemOf(body: Json) {
  const { available, left, held, incident, budgetId, errors } = body;
  const data = Object.entries({ available, left, held, incident, budgetId }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, text(value)]],
  );
  return {
    code: String(body['code']),
    data: Object.fromEntries(data) as Record<string, string>,
    errors: (errors ?? []) as { field: string; rule: string }[],
  };
}

const TIMELY = new Set([
  ...[
    'createdAt',
    'expiresAt',
    'receivedAt',
    'endedAt',
    'asOf',
    'lastUsedAt',
    'openingAt',
    'closingAt',
    'settledAt',
  ],
  ...[
    'etag',
    'operationId',
    'nextCursor',
    'progress',
    'result',
    'keyId',
    'key',
    'address',
    'webhookId',
    'secret',
  ],
]);

/** Without what differs from one run to the next, and without what is absent. */
export function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) =>
      TIMELY.has(name) || each === undefined || isEmpty(name, each) ? [] : [[name, timeless(each)]],
    ),
  );
}

function isEmpty(name: string, value: unknown): boolean {
  return (
    ['metadata', 'accounts', 'types', 'budgets'].includes(name) && Object.keys(value as object).length === 0
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}
