import { status } from '@grpc/grpc-js';
import { PROBLEMS, type ProblemCode } from '../../src/api/problem-catalog';
import type { GrpcClient, Json } from './grpc-client';
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

export type Command =
  | 'deduct'
  | 'batchDeduct'
  | 'credit'
  | 'reverse'
  | 'hold'
  | 'confirmHold'
  | 'cancelHold'
  | 'createAccount'
  | 'getAccount'
  | 'getBalance'
  | 'listEntries'
  | 'resizeSubAccounts'
  | 'rebalance'
  | 'getOperation'
  | 'listSubAccounts';

/** Fields by the names of the REST bodies, and those of the path beside them. */
export type Fields = Readonly<Record<string, unknown>>;

/** One way to give the service a command. */
export interface Door {
  readonly send: (command: Command, fields: Fields) => Promise<DoorOutcome>;
}

export function restDoor(rest: RestClient): Door {
  return {
    send: async (command, fields) => {
      const { accountId, holdId, reverses, operationId, ifMatch, consistency, limit, cursor, kind, ...body } =
        fields;
      const account = `/v1/accounts/${text(accountId)}`;
      const admin = `/v1/admin/accounts/${text(accountId)}`;
      const query = Object.entries({ consistency, limit, cursor, kind })
        .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${encodeURIComponent(text(value))}`))
        .join('&');
      const send = (method: string, path: string, json?: unknown, headers = {}): Promise<Answer> =>
        rest.send(method, path, { ...(json !== undefined && { json }), headers });
      const answer = await {
        deduct: () => send('POST', `${account}/deductions`, body),
        batchDeduct: () => send('POST', '/v1/deductions:batch', body),
        credit: () => send('POST', `${account}/credits`, body),
        reverse: () => send('POST', `${account}/deductions/${text(reverses)}/reversals`, body),
        hold: () => send('POST', `${account}/holds`, body),
        confirmHold: () => send('POST', `${account}/holds/${text(holdId)}/confirm`, body),
        cancelHold: () => send('POST', `${account}/holds/${text(holdId)}/cancel`),
        createAccount: () => send('POST', '/v1/accounts', body),
        getAccount: () => send('GET', account),
        getBalance: () => send('GET', `${account}/balance?${query}`),
        listEntries: () => send('GET', `${account}/entries?${query}`),
        resizeSubAccounts: () =>
          send(
            'PUT',
            `${admin}/sub-accounts`,
            body,
            ifMatch === undefined ? {} : { 'if-match': text(ifMatch) },
          ),
        rebalance: () => send('POST', `${admin}/rebalance`),
        getOperation: () => send('GET', `/v1/admin/operations/${text(operationId)}`),
        listSubAccounts: () => send('GET', `${admin}/sub-accounts`),
      }[command]();
      return restOutcome(command, answer);
    },
  };
}

function restOutcome(command: Command, { status: http, body, headers }: Answer): DoorOutcome {
  if (http < 300) {
    const replayed =
      headers['idempotent-replayed'] === 'true' || (command === 'createAccount' && http === 200);
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

const METHODS: Readonly<Record<Command, string>> = {
  deduct: 'DeductionService/Deduct',
  batchDeduct: 'DeductionService/BatchDeduct',
  credit: 'DeductionService/Credit',
  reverse: 'DeductionService/Reverse',
  hold: 'DeductionService/Hold',
  confirmHold: 'DeductionService/ConfirmHold',
  cancelHold: 'DeductionService/CancelHold',
  createAccount: 'AccountService/CreateAccount',
  getAccount: 'AccountService/GetAccount',
  getBalance: 'AccountService/GetBalance',
  listEntries: 'AccountService/ListEntries',
  resizeSubAccounts: 'AdminService/ResizeSubAccounts',
  rebalance: 'AdminService/Rebalance',
  getOperation: 'AdminService/GetOperation',
  listSubAccounts: 'AdminService/ListSubAccounts',
};

const PREFIXES =
  /^(ENTRY_KIND|DURABILITY|HOLD_STATUS|ACCOUNT_STATUS|CONSISTENCY|OPERATION_KIND|OPERATION_STATUS|SUB_ACCOUNT_STATUS|DEDUCT_STATUS)_/;

/** @param key another than the admin's; empty for none */
export function grpcDoor(grpc: GrpcClient, key?: string): Door {
  return {
    send: async (command, fields) => {
      const outcome = await grpc.call(
        `hotsplit.v1.${METHODS[command]}`,
        enumerated(fields),
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
        data,
        errors,
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      };
    },
  };
}

/** The words of REST as the proto's enums. */
function enumerated(fields: Fields): Json {
  const { kind, consistency, ...rest } = fields;
  const value = (prefix: string, word: unknown): string =>
    `${prefix}_${text(word).toUpperCase().replaceAll('-', '_')}`;
  return {
    ...rest,
    ...(kind !== undefined && { kind: value('ENTRY_KIND', kind) }),
    ...(consistency !== undefined && { consistency: value('CONSISTENCY', consistency) }),
  };
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

/** What REST says in other places, or by itself. */
function restBody(command: Command, message: Json): unknown {
  if (command === 'batchDeduct') {
    const results = message['results'] as { requestId?: string; status: string; error?: Json }[];
    return {
      results: results.map(({ requestId, status: ended, error }) => ({
        // REST tells a key that is missing as null; a proto text cannot.
        requestId: requestId || null,
        status: ended,
        ...(error && { error: problemOf({ ...error, ...(error['data'] as object | undefined) }) }),
      })),
    };
  }
  const inner = message['entry'] ?? message['hold'] ?? message['account'] ?? message['operation'];
  const body = (inner ?? message) as Json;
  if (message['entry']) return { ...body, status: 'succeeded' };
  if (message['hold']) return { ...body, kind: 'hold', requestId: body['holdId'] };
  if (command === 'listEntries')
    return {
      ...body,
      items: (body['items'] as Json[]).map((entry) => ({ ...entry, status: 'succeeded' })),
    };
  return body;
}

function problemOf(body: Json) {
  const { available, left, incident, errors } = body;
  const data = Object.entries({ available, left, incident }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, text(value)]],
  );
  return {
    code: String(body['code']),
    data: Object.fromEntries(data) as Record<string, string>,
    errors: (errors ?? []) as { field: string; rule: string }[],
  };
}

const TIMELY = new Set(['createdAt', 'expiresAt', 'asOf', 'operationId', 'nextCursor', 'progress', 'result']);

/** Without what differs from one run to the next, and without what is absent. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) =>
      TIMELY.has(name) || each === undefined || isEmptyMap(name, each) ? [] : [[name, timeless(each)]],
    ),
  );
}

function isEmptyMap(name: string, value: unknown): boolean {
  return name === 'metadata' && Object.keys(value as object).length === 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}
