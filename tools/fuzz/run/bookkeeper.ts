import type { Arrival } from '../description/arrival';
import type { Association, KnownValues } from '../generate/known-values';
import type { Request } from '../generate/request';
import { knownName } from '../generate/value-names';
import type { ExpectedBooks } from '../oracles/expected-books';
import { jsonOf } from '../oracles/judge-answer';
import type { Secrets } from '../oracles/leaks';
import type { Answer } from '../send/answer';
import { OPENING_BALANCE_KEY } from '../../../src/ledger/identifiers';

type Json = Readonly<Record<string, unknown>>;

const ITEMS_KEPT = 4;

const DEDUCT = 'POST /v1/accounts/{accountId}/deductions';
const BATCH_DEDUCT = 'POST /v1/deductions:batch';

/** The kind of entry that each item of a batch makes, by operation; a confirm makes one under a key of its own. */
const MADE_BY: Readonly<Record<string, string | undefined>> = {
  [BATCH_DEDUCT]: 'deduction',
  'POST /v1/holds:batch': 'hold',
};

/** The operations that are known here by name: a description without one of them is read wrongly. */
export const NAMED_OPERATIONS: readonly string[] = [DEDUCT, ...Object.keys(MADE_BY)];

/** Draws from every answer what exists from now on, for further requests, and what must be in the books. */
export class Bookkeeper {
  constructor(
    private readonly known: KnownValues,
    private readonly books: ExpectedBooks,
    private readonly secrets: Secrets,
  ) {}

  /** @returns what is wrong with what took effect */
  note(request: Request, arrival: Arrival | undefined, answer: Answer | undefined): string | undefined {
    const sent = asObject(readBody(request));
    if (!answer) {
      this.#perhaps(request, arrival, sent);
      return undefined;
    }
    if (!arrival || answer.status >= 300 || request.method === 'HEAD') return undefined;
    const told = asObject(jsonOf(answer));
    this.#learn(request, arrival, answer, sent, told);
    return this.#keep(request, arrival, answer, sent, told);
  }

  #perhaps(request: Request, arrival: Arrival | undefined, sent: Json): void {
    if (request.method === 'GET' || request.method === 'HEAD') return;
    if (arrival?.operation.answers['202'] && !isDeduction(arrival)) this.books.perhapsNameless('operations');
    if (arrival?.operation.path.endsWith('/keys')) this.books.perhapsNameless('keys');
    const accountId = arrival?.path['accountId'];
    const header = request.headers.find(([name]) => name.toLowerCase() === 'idempotency-key')?.[1];
    const items = Array.isArray(sent['items']) ? (sent['items'] as unknown[]).map(asObject) : [];
    for (const item of [...items, { accountId, requestId: header, ...sent }]) {
      const { accountId: at = accountId, requestId = header, amount } = item;
      if (typeof at === 'string' && typeof requestId === 'string')
        this.books.perhaps({ accountId: at, requestId, amount: String(amount) });
    }
    const { id, name, initialBalance } = sent;
    if (typeof id === 'string') {
      this.books.perhapsThing('accounts', id);
      this.books.perhaps({ accountId: id, requestId: OPENING_BALANCE_KEY, amount: String(initialBalance) });
    }
    if (typeof name === 'string') this.books.perhapsThing('shards', name);
    const keyId = arrival?.path['keyId'];
    if (keyId !== undefined) this.books.perhapsThing('keys', keyId);
    const shard = arrival?.path['shard'];
    if (shard !== undefined) this.books.perhapsThing('shards', shard);
  }

  #learn(request: Request, { operation, path }: Arrival, answer: Answer, sent: Json, told: Json): void {
    const named = (fields: Json): Association =>
      Object.fromEntries(
        Object.entries(fields).flatMap(([field, value]) =>
          typeof value === 'string' && value.length <= 256 ? [[knownName(field, operation), value]] : [],
        ),
      );
    const { etag } = answer.headers;
    const about = {
      ...path,
      ...named(sent),
      ...named(told),
      ...(etag === undefined ? {} : { 'if-match': etag }),
    };
    this.known.add(operation.id, about);
    const items = Array.isArray(told['items']) ? (told['items'] as unknown[]) : [];
    for (const item of items.slice(0, ITEMS_KEPT))
      this.known.add(operation.id, { ...path, ...named(asObject(item)) });
    if (request.body) this.known.addTaken(operation.id, { about, body: request.body.toString() });
  }

  #keep(
    request: Request,
    { operation, path }: Arrival,
    { status, headers }: Answer,
    sent: Json,
    told: Json,
  ): string | undefined {
    const { accountId, requestId, kind, amount, keyId, key, operationId, secret } = told;
    if (typeof secret === 'string') this.secrets.add(secret);
    if (typeof keyId === 'string' && typeof key === 'string') {
      this.books.add('keys', keyId);
      this.secrets.add(key);
    }
    if (request.method === 'DELETE' && path['keyId'] !== undefined) this.books.remove('keys', path['keyId']);
    // Its name may be given to another one.
    if (request.method === 'DELETE' && path['shard'] !== undefined)
      this.books.perhapsThing('shards', path['shard']);
    if (typeof operationId === 'string' && status === 202) this.books.add('operations', operationId);
    if (status === 201 && operation.shows === 'Shard') this.books.add('shards', String(told['name']));
    if (status === 201 && operation.shows === 'Account') this.#keepAccount(sent, told);
    if (status === 202 && isDeduction({ operation })) {
      this.#received(path['accountId'], sent, told);
      return undefined;
    }
    if (Array.isArray(told['results'])) {
      const made = MADE_BY[operation.id];
      return made && this.#keepBatch(sent, told['results'] as unknown[], made);
    }
    if (request.method === 'GET' || typeof requestId !== 'string' || typeof accountId !== 'string')
      return undefined;
    const entry = {
      accountId,
      requestId: storedKey(told, requestId),
      kind: String(kind),
      amount: String(amount),
    };
    if (status === 201) return this.books.acknowledge(entry);
    return headers['idempotent-replayed'] === 'true' ? this.books.replay(entry) : undefined;
  }

  /** What is to be charged later may take effect, or be rejected. */
  #received(accountId: string | undefined, sent: Json, told: Json): void {
    const items = Array.isArray(sent['items']) ? (sent['items'] as unknown[]).map(asObject) : [told];
    for (const { accountId: at = accountId, requestId, amount } of items)
      if (typeof at === 'string' && typeof requestId === 'string')
        this.books.perhaps({ accountId: at, requestId, amount: String(amount) });
  }

  #keepAccount({ initialBalance }: Json, { id }: Json): void {
    this.books.add('accounts', String(id));
    if (typeof initialBalance !== 'string' && typeof initialBalance !== 'number') return;
    // An opening balance of nothing is none.
    if (Number(initialBalance) === 0) return;
    this.books.acknowledge({
      accountId: String(id),
      requestId: OPENING_BALANCE_KEY,
      kind: 'credit',
      amount: String(initialBalance),
    });
  }

  /** @param kind of the entries that it makes */
  #keepBatch(sent: Json, results: readonly unknown[], kind: string): string | undefined {
    const items = (sent['items'] as unknown[]).map(asObject);
    if (items.length !== results.length) return `${results.length} results for ${items.length} items`;
    for (const [index, result] of results.map(asObject).entries()) {
      const { accountId, requestId, amount } = items[index] ?? {};
      const entry = {
        accountId: String(accountId),
        requestId: String(requestId),
        kind,
        amount: String(amount),
      };
      if (result['status'] !== 'rejected' && result['requestId'] !== requestId)
        return `result ${index} is of another request`;
      const fault =
        result['status'] === 'succeeded'
          ? this.books.acknowledge(entry)
          : result['status'] === 'replayed'
            ? this.books.replay(entry)
            : undefined;
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}

function isDeduction({ operation }: Pick<Arrival, 'operation'>): boolean {
  return operation.id === DEDUCT || operation.id === BATCH_DEDUCT;
}

/** A reversal's id belongs to its deduction, and stands in the entries together with that one's. */
function storedKey({ kind, reverses, holdId }: Json, requestId: string): string {
  if (kind !== 'reversal' && kind !== 'credit-reversal') return requestId;
  // Of a capture with an id of its own, the hold is told as well.
  const reversed = typeof holdId === 'string' ? `${holdId} ${String(reverses)}` : String(reverses);
  return `reversal ${reversed} ${requestId}`;
}

/** The body as the service reads it. */
function readBody({ body }: Request): unknown {
  if (!body) return undefined;
  try {
    return JSON.parse(body.toString().replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
