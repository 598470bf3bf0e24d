import { OPENING_BALANCE_KEY } from '../../../src/ledger/identifiers';
import { eventually } from '../../../test/setup/eventually';
import type { RestClient } from '../../../test/setup/rest-client';
import type { Addresses } from '../generate/vocabulary';
import type { KnownValues } from '../generate/known-values';
import type { ExpectedBooks } from '../oracles/expected-books';

/** Balances so large that hostile amounts find something to take, and one near the limit of an account. */
const OPENINGS = [
  { id: 'rich-0', subAccounts: 1, initialBalance: '1000000000000000' },
  { id: 'rich-1', subAccounts: 2, initialBalance: '1000000000000000' },
  { id: 'rich-2', subAccounts: 4, initialBalance: '1000000000000000' },
  { id: 'rich-3', subAccounts: 8, initialBalance: '1000000000000000' },
  { id: 'full', subAccounts: 2, initialBalance: '1000000000000000000' },
  { id: 'poor', subAccounts: 4, initialBalance: '100' },
];

/** Accounts that are there from the start. */
export async function openAccounts(
  rest: RestClient,
  known: KnownValues,
  expected: ExpectedBooks,
): Promise<void> {
  for (const body of OPENINGS) {
    // A busy machine may turn it away for a while; the same again is the same account.
    await eventually(`the account ${body.id}`, async () => {
      const { status, text } = await rest.createAccount(body);
      if (status === 201 || status === 200) return true;
      if (status === 503) return undefined;
      throw new Error(`the account ${body.id} could not be opened: ${text}`);
    });
    known.keepForGood({ accountId: body.id });
    // Who pays whom: the names are also those of times, of which lists are asked.
    if (body.id !== 'full') known.keepForGood({ from: body.id, to: body.id === 'poor' ? 'rich-0' : 'poor' });
    expected.add('accounts', body.id);
    expected.acknowledge({
      accountId: body.id,
      requestId: OPENING_BALANCE_KEY,
      kind: 'credit',
      amount: body.initialBalance,
    });
  }
}

const SPARE_SHARDS = 8;
const FREE_FILES = 8;

/** Shards that no account is on, so that some can be removed, and where further ones may be. */
export async function addSpareShards(
  rest: RestClient,
  addresses: Addresses,
  known: KnownValues,
  expected: ExpectedBooks,
): Promise<void> {
  for (let number = 0; number < SPARE_SHARDS; number += 1) {
    const body = { name: `spare-${number}`, url: addresses.spareUrl(number) };
    const { status, text } = await rest.post('/v1/admin/shards', body);
    if (status !== 201) throw new Error(`the shard ${body.name} could not be added: ${text}`);
    known.keepForGood({ shard: body.name });
    expected.add('shards', body.name);
  }
  for (let number = 0; number < FREE_FILES; number += 1)
    known.keepForGood({ url: addresses.spareUrl(SPARE_SHARDS + number) });
}

const WEBHOOKS = 24;

/** Webhooks whose receiver is nowhere. Comes before the accounts: what is told of those is sent in vain. */
export async function addWebhooks(rest: RestClient): Promise<readonly string[]> {
  const webhookIds: string[] = [];
  for (let number = 0; number < WEBHOOKS; number += 1) {
    const { status, text, body } = await rest.post('/v1/admin/webhooks', {
      url: 'https://receiver.invalid/hooks',
    });
    if (status !== 201) throw new Error(`a webhook could not be made: ${text}`);
    webhookIds.push(String(body['webhookId']));
  }
  return webhookIds;
}

/** Deliveries that may be sent again. */
export async function knowDeliveries(
  rest: RestClient,
  webhookIds: readonly string[],
  known: KnownValues,
): Promise<void> {
  for (const webhookId of webhookIds) {
    const { deliveryId } = await eventually('a delivery', async () => {
      const { items } = (await rest.get(`/v1/admin/webhooks/${webhookId}/deliveries`)).body as {
        items: { deliveryId: string }[];
      };
      return items[0];
    });
    known.keepForGood({ webhookId, deliveryId });
  }
}
