import { coldAccountId, drawAccount } from '../cold/cold-accounts';
import { amountOf, REQUEST_ID_LENGTH, REQUEST_ID_PREFIX, requestIdOf } from '../measure/requests';
import type { LoadPlan } from './load-plan';

interface Slot {
  readonly amountAt: number;
  readonly digitsAt: number;
  /** Where the id of its account stands, when accounts are drawn. */
  readonly accountAt: number;
}

const DIGITS = REQUEST_ID_LENGTH - REQUEST_ID_PREFIX.length;
const ZERO = '0'.charCodeAt(0);

/**
 * A whole HTTP request as bytes, in which only the digits of amounts, ids and drawn accounts change from one to the next. Its
 * length never changes, so nothing is built or allocated to send another.
 */
export class RequestTemplate {
  readonly bytes: Buffer;
  readonly #slots: readonly Slot[];

  readonly #accounts: number | undefined;

  constructor(plan: Pick<LoadPlan, 'host' | 'port' | 'path' | 'key' | 'items' | 'accountId' | 'accounts'>) {
    this.#accounts = plan.accounts;
    const body = plan.items === 1 ? itemBody() : batchBody(plan.accountId, plan.items);
    this.bytes = Buffer.from(head(plan, body.length) + body, 'latin1');
    this.#slots = slotsIn(this.bytes, plan);
  }

  /** Fills in the deductions from this sequence number on, one for each item. */
  fill(firstSequence: number): void {
    this.#slots.forEach(({ amountAt, digitsAt, accountAt }, position) => {
      let rest = firstSequence + position;
      if (this.#accounts !== undefined)
        this.bytes.write(coldAccountId(drawAccount(rest, this.#accounts)), accountAt, 'latin1');
      this.bytes[amountAt] = ZERO + amountOf(rest);
      for (let at = digitsAt + DIGITS - 1; at >= digitsAt; at -= 1) {
        const before = Math.floor(rest / 10);
        this.bytes[at] = ZERO + (rest - before * 10);
        rest = before;
      }
    });
  }
}

function itemBody(): string {
  return JSON.stringify({ amount: '1', requestId: requestIdOf(0) });
}

function batchBody(accountId: string, items: number): string {
  const item = { accountId, amount: '1', requestId: requestIdOf(0) };
  return JSON.stringify({ items: Array.from({ length: items }, () => item) });
}

function head(
  { host, port, path, key }: { host: string; port: number; path: string; key: string },
  length: number,
) {
  return [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    '',
    '',
  ].join('\r\n');
}

function slotsIn(bytes: Buffer, { items, accountId }: { items: number; accountId: string }): Slot[] {
  const slots: Slot[] = [];
  let from = 0;
  while (slots.length < items) {
    const accountAt = bytes.indexOf(accountId, from);
    const amountAt = bytes.indexOf('"amount":"', from) + '"amount":"'.length;
    const digitsAt = bytes.indexOf(requestIdOf(0), amountAt) + REQUEST_ID_PREFIX.length;
    slots.push({ amountAt, digitsAt, accountAt });
    from = digitsAt;
  }
  return slots;
}
