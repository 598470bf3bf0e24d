import type { Type } from 'protobufjs';
import { OPENING_BALANCE_KEY } from '../../../src/ledger/identifiers';
import type { Association, KnownValues } from '../generate/known-values';
import type { ExpectedBooks, ExpectedEntry } from '../oracles/expected-books';
import type { Secrets } from '../oracles/leaks';
import type { GrpcCall } from './call';
import { CREDIT, DEDUCTION, EMPTY_ACCOUNT } from './value';
import { type GrpcMethod, type Json, messageIn } from './methods';
import type { GrpcAnswer } from './session';

/** Draws from the end of every call what exists from now on, and what must be in the books. */
export class GrpcKeeper {
  constructor(
    private readonly known: KnownValues,
    private readonly books: ExpectedBooks,
    private readonly secrets: Secrets,
  ) {}

  /** @returns what is wrong with what took effect */
  note(call: GrpcCall, answer: GrpcAnswer): string | undefined {
    const { method } = call;
    const sent = readAll(method.request, call.messages);
    const told = readAll(method.answer, answer.messages);
    if (answer.isSecond) for (const message of sent) this.#perhaps(method, message);
    if (method.isStream) return this.#keepMany(sent, told);
    const [asked = {}] = sent;
    const [answered] = told;
    if (answer.status !== 0 || !answered) {
      if (!isRefusal(answer)) this.#perhaps(method, asked);
      return undefined;
    }
    if (method.name === 'BatchDeduct') return this.#keepMany([asked], [answered]);
    // What is to be charged later may take effect, or be rejected.
    if (method.name === 'SubmitDeductions') {
      this.#perhaps(method, asked);
      return undefined;
    }
    this.#keepThings(method, asked, answered);
    return this.#keep(method, asked, answered);
  }

  /** Keys and shards. */
  #keepThings({ name }: GrpcMethod, asked: Json, { keyId, key }: Json): void {
    if (typeof keyId === 'string' && typeof key === 'string') {
      this.books.add('keys', keyId);
      this.secrets.add(key);
    }
    if (name === 'DeleteKey') this.books.remove('keys', textOf(asked['keyId']));
    if (name === 'RegisterShard') {
      const shard = textOf(asked['name']);
      this.known.add('grpc', { shard });
      this.books.add('shards', shard);
    }
    // Its name may be given to another one.
    if (name === 'RemoveShard') this.books.perhapsThing('shards', textOf(asked['shard']));
  }

  #perhaps({ name, answer }: GrpcMethod, asked: Json): void {
    for (const { accountId, requestId, amount } of [
      asked,
      ...listOf(asked['items']),
      ...listOf(asked['deductions']),
    ])
      if (accountId !== undefined && requestId !== undefined)
        this.books.perhaps({
          accountId: textOf(accountId),
          requestId: textOf(requestId),
          amount: textOf(amount),
        });
    if (name === 'CreateKey') this.books.perhapsNameless('keys');
    if (name === 'DeleteKey') this.books.perhapsThing('keys', textOf(asked['keyId']));
    if (name === 'RegisterShard') this.books.perhapsThing('shards', textOf(asked['name']));
    if (name === 'RemoveShard') this.books.perhapsThing('shards', textOf(asked['shard']));
    if (answer.fields['operation'] && name !== 'GetOperation') this.books.perhapsNameless('operations');
    const { id, initialBalance } = asked;
    if (id !== undefined) {
      this.books.perhapsThing('accounts', textOf(id));
      this.books.perhaps({
        accountId: textOf(id),
        requestId: OPENING_BALANCE_KEY,
        amount: textOf(initialBalance),
      });
    }
  }

  #keep({ name }: GrpcMethod, asked: Json, answered: Json): string | undefined {
    const { entry, operation, account, hold, replayed } = answered as Readonly<
      Record<string, Json | undefined>
    >;
    this.known.add('grpc', {
      ...idsOf(asked),
      ...idsOf(answered),
      ...idsOf(hold ?? {}),
      ...idsOf(operation ?? {}),
    });
    if (operation && asked['operationId'] === undefined)
      this.books.add('operations', textOf(operation['operationId']));
    if (account && asked['id'] !== undefined && !replayed) {
      const accountId = textOf(account['id']);
      const { initialBalance } = asked;
      this.known.add('grpc', {
        accountId,
        ...(initialBalance === undefined && { [EMPTY_ACCOUNT]: accountId }),
      });
      this.books.add('accounts', accountId);
      if (initialBalance !== undefined && initialBalance !== '0')
        return this.books.acknowledge({
          accountId,
          requestId: OPENING_BALANCE_KEY,
          kind: 'credit',
          amount: textOf(initialBalance),
        });
    }
    if (!entry) return undefined;
    const kept = entryOf(entry);
    if (kept.kind === 'deduction')
      this.known.add('grpc', { accountId: kept.accountId, [DEDUCTION]: kept.requestId });
    if (kept.kind === 'credit')
      this.known.add('grpc', { accountId: kept.accountId, [CREDIT]: kept.requestId });
    // A look-up shows what took effect before, as a replay does.
    return replayed || LOOK_UPS.has(name) ? this.books.replay(kept) : this.books.acknowledge(kept);
  }

  /** Results are matched by account and request id; of a request id that was sent twice, either amount may stand. */
  #keepMany(sent: readonly Json[], told: readonly Json[]): string | undefined {
    const items = sent.flatMap((message) => listOf(message['items'] ?? message['deductions']));
    const results = told.flatMap((message) => listOf(message['results']));
    const amounts = new Map<string, Set<string>>();
    for (const item of items) {
      const key = keyOf(item);
      amounts.set(key, (amounts.get(key) ?? new Set()).add(textOf(item['amount'])));
    }
    const answered = new Set<string>();
    for (const result of results) {
      const { accountId, requestId, status } = result;
      const key = keyOf(result);
      answered.add(key);
      if (status === 'DEDUCT_STATUS_REJECTED') continue;
      const mine = amounts.get(key);
      if (!mine) return `a result of ${textOf(requestId)}, which was not sent`;
      const [amount = ''] = mine;
      const entry = { accountId: textOf(accountId), requestId: textOf(requestId), kind: 'deduction', amount };
      if (mine.size > 1) {
        for (const each of mine) this.books.perhaps({ ...entry, amount: each });
        continue;
      }
      const { accountId: at, requestId: id } = entry;
      this.known.add('grpc', { accountId: at, requestId: id, [DEDUCTION]: id });
      const fault =
        status === 'DEDUCT_STATUS_SUCCEEDED' ? this.books.acknowledge(entry) : this.books.replay(entry);
      if (fault !== undefined) return fault;
    }
    for (const item of items)
      if (!answered.has(keyOf(item)))
        this.books.perhaps({
          accountId: textOf(item['accountId']),
          requestId: textOf(item['requestId']),
          amount: textOf(item['amount']),
        });
    return undefined;
  }
}

/** What shows an entry that was made before. */
const LOOK_UPS: ReadonlySet<string> = new Set(['GetDeduction', 'GetEntry']);

/** Whether it says that nothing was done: an end from below the API leaves open what a call has come to. */
export function isRefusal({ status, details }: GrpcAnswer): boolean {
  return status !== undefined && status !== 0 && details !== undefined;
}

function entryOf(entry: Json): ExpectedEntry {
  const { accountId, requestId, kind, amount, reverses, holdId } = entry;
  const word = textOf(kind).replace('ENTRY_KIND_', '').toLowerCase().replaceAll('_', '-');
  // Of a capture with an id of its own, the hold is told as well.
  const reversed = [holdId, reverses].filter((id) => id !== undefined && id !== '').map(textOf);
  return {
    accountId: textOf(accountId),
    // A reversal's id belongs to its deduction, and stands in the entries together with that one's.
    requestId: word.endsWith('reversal')
      ? `reversal ${reversed.join(' ')} ${textOf(requestId)}`
      : textOf(requestId),
    kind: word,
    amount: textOf(amount),
  };
}

function idsOf(message: Json): Association {
  return Object.fromEntries(
    Object.entries(message).flatMap(([name, value]) =>
      typeof value === 'string' && value !== '' && value.length <= 256 && /Id$|ursor$/.test(name)
        ? [[name === 'nextCursor' ? 'cursor' : name, value]]
        : [],
    ),
  );
}

function readAll(type: Type, messages: readonly Buffer[]): readonly Json[] {
  return messages.map((bytes) => messageIn(type, bytes)).filter((message) => message !== undefined);
}

/** Of a text or a number, as messages hold them. */
function textOf(value: unknown): string {
  return String(value);
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function keyOf({ accountId, requestId }: Json): string {
  return `${textOf(accountId)}\0${textOf(requestId)}`;
}
