import { type HotsplitClient, RefusedError } from '../../src/client';
import { type Door, type DoorOutcome, type Fields, timeless } from './doors';
import type { Json } from './grpc-client';
import { type Command, OPERATIONS } from './operations';

type Ask = (client: HotsplitClient, fields: Fields) => unknown;

/** What the client takes one by one, before the options; everything else it takes as one object. */
const POSITIONAL: Partial<Record<Command, readonly string[]>> = {
  getAccount: ['accountId'],
  freezeAccount: ['accountId'],
  unfreezeAccount: ['accountId'],
  closeAccount: ['accountId'],
  listSubAccounts: ['accountId'],
  rebalance: ['accountId'],
  repairAccount: ['accountId'],
  getDeduction: ['accountId', 'requestId'],
  getHold: ['accountId', 'holdId'],
  getBudget: ['accountId', 'budgetId'],
  getOperation: ['operationId'],
  startAudit: [],
  listShards: [],
  removeShard: ['shard'],
  deleteKey: ['keyId'],
  listWebhooks: [],
  deleteWebhook: ['webhookId'],
  rotateWebhookSecret: ['webhookId'],
};

const APART: Partial<Record<Command, Ask>> = {
  batchDeduct: (client, { items }) => askEach(client, 'deduct', items as Fields[]),
  batchHold: (client, { items }) => askEach(client, 'hold', items as Fields[]),
  batchConfirmHold: (client, { items }) => askEach(client, 'confirmHold', items as Fields[]),
  getBalance: (client, { accountId, at, ...options }) =>
    at === undefined
      ? client.balance(accountId as string, options)
      : client.balanceAt(accountId as string, at as string),
  listOperations: (client, fields) => itemsOf(client.operations({ ...fields, ...listQuery(fields) })),
  getEntry: (client, { accountId, requestId, ...of }) =>
    client.entry(accountId as string, requestId as string, of),
  listAccounts: (client, fields) => itemsOf(client.accounts({ ...fields, ...listQuery(fields) })),
  listAuditLog: (client, fields) => itemsOf(client.auditLog({ ...fields, ...listQuery(fields) })),
  listWebhookDeliveries: (client, fields) =>
    itemsOf(client.webhookDeliveries({ webhookId: '', ...fields, ...listQuery(fields) })),
  listKeys: (client, fields) => itemsOf(client.keys(listQuery(fields))),
  listHolds: (client, fields) => itemsOf(client.holds({ accountId: '', ...fields, ...listQuery(fields) })),
  listBudgets: (client, fields) =>
    itemsOf(client.budgets({ accountId: '', ...fields, ...listQuery(fields) })),
  listEntries: (client, fields) =>
    itemsOf(client.entries({ accountId: '', ...fields, ...listQuery(fields) })),
};

/** The TypeScript client as a door. Its answers have fewer fields than REST's, and its lists are whole. */
export function clientDoor(client: HotsplitClient): Door {
  return {
    send: async (command, fields) => {
      try {
        const answer = await ask(client, command, fields);
        // Of the capture only the client tells the id: it may have made it.
        const { replayed = false, ...body } = plain(answer);
        const shared = Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'captureId'));
        return { kind: 'done', replayed: replayed === true, body: timeless(shared) };
      } catch (error) {
        if (error instanceof RefusedError) return refusalOf(error);
        throw error;
      }
    },
  };
}

/** The client makes batches by itself, settles each item of one, and makes request ids where there are none. */
async function askEach(client: HotsplitClient, command: Command, items: readonly Fields[]): Promise<object> {
  const named = items.filter((item) => (item['requestId'] ?? item['holdId']) !== undefined);
  await Promise.allSettled(named.map((item) => ask(client, command, item)));
  return {};
}

async function ask(client: HotsplitClient, command: Command, fields: Fields): Promise<unknown> {
  const apart = APART[command];
  if (apart) return apart(client, fields);
  const methods = client as unknown as Readonly<Record<string, (...given: unknown[]) => unknown>>;
  const given = POSITIONAL[command]?.map((name) => fields[name]) ?? [fields];
  const answer = await methods[OPERATIONS[command].client]?.(...given);
  return Array.isArray(answer) ? { items: answer } : answer;
}

/** As it is written for logs, which is how REST has it. */
function plain(answer: unknown): Json {
  return JSON.parse(JSON.stringify(answer ?? {})) as Json;
}

function listQuery({ limit }: Fields) {
  return limit === undefined ? {} : { pageSize: limit as number };
}

async function itemsOf(list: AsyncIterable<unknown>): Promise<object> {
  const items: unknown[] = [];
  for await (const item of list) items.push(item);
  return { items };
}

function refusalOf({ code, errors, available, left, held, incident, budgetId }: RefusedError): DoorOutcome {
  const data = Object.entries({ available, left, held, incident, budgetId }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return { kind: 'refused', code, data: Object.fromEntries(data) as Record<string, string>, errors };
}
