import type { Cell } from '../../../src/shards/database';
import { isReplay } from '../model/answer-rules';
import type { Asked } from '../model/asked';
import type { Dice } from '../../kernel/dice';
import { rest } from './calm';
import { limitNow } from './credit-lines';
import { type Clients, toAsked } from './clients';
import { toPayment } from './payers';
import { PLAIN_ACCOUNT } from './plain-account';
import type { AccountPlan } from './plan';
import { NOT_NOW, type Site } from './site';
import type { Wishes } from './wishes';

const ACCOUNT: AccountPlan = {
  ...PLAIN_ACCOUNT,
  accountId: 'restored',
  subAccounts: 4,
  openingMinor: 1_000n,
  creditShare: 0.2,
};

/** Pays it, and is paid by it. */
const OTHER: AccountPlan = { ...ACCOUNT, accountId: 'restored-other', subAccounts: 2 };

/** Sent under each placement. */
const KEYS = 5;

const MOVES_MAX = 3;
const REPAIR_MS_MAX = 180_000;

interface Parts {
  readonly clients: Clients;
  readonly wishes: Wishes;
}

/**
 * The directory's record of an account is taken back to what it was before the account moved, as a restore from a backup
 * does, and the account is repaired. No key takes effect a second time, whether it is sent before the repair or after, and
 * in the end the account pays all it has.
 */
export async function restoredDirectory(site: Site, parts: Parts, lots: Dice): Promise<void> {
  const { accountId, subAccounts } = ACCOUNT;
  if (site.shards.length < 2) return;
  await parts.wishes.create(ACCOUNT);
  if (site.plan.payments) await parts.wishes.create(OTHER);
  await rest(site);
  const keys: Asked[] = [];
  const backup = backUp(site);
  const moves = lots.between(1, MOVES_MAX);
  for (let moved = 0; moved <= moves; moved += 1) {
    const shards = lots.some(site.shards, lots.between(1, site.shards.length));
    if (moved > 0 && !(await parts.wishes.move(accountId, Math.max(subAccounts, shards.length), shards)))
      return;
    for (let key = 0; key < KEYS; key += 1) {
      const kind = lots.happens(ACCOUNT.creditShare) ? 'credit' : 'deduct';
      keys.push(toAsked({ kind, accountId, requestId: `restored-${keys.length}`, amountMinor: 3n }));
    }
    if (site.plan.payments) keys.splice(-2, 2, ...paymentsBetween(keys.length));
    for (const asked of keys.slice(-KEYS)) await parts.clients.untilAnswered(asked);
  }
  await rest(site);

  restore(site, backup);
  await restartSome(site, lots);
  for (const asked of lots.some(keys, KEYS)) await parts.clients.ask(asked);
  if (!(await repaired(site))) return;
  await replayed(parts.clients, site, lots.some(keys, keys.length));
  await spend(site, parts.clients);
  await parts.wishes.audit();
}

/** Two payments, one each way, in place of the last two of the keys. */
function paymentsBetween(keys: number): Asked[] {
  const pay = (accountId: string, payee: string, number: number): Asked =>
    toPayment({ accountId, payee, requestId: `restored-${number}`, amountMinor: 3n });
  return [
    pay(ACCOUNT.accountId, OTHER.accountId, keys - 2),
    pay(OTHER.accountId, ACCOUNT.accountId, keys - 1),
  ];
}

interface Backup {
  readonly columns: readonly string[];
  readonly record: readonly Cell[];
}

function backUp(site: Site): Backup {
  const { directory } = site.world;
  const columns = directory
    .read(`SELECT name FROM pragma_table_info('account')`, [])
    .map(([name]) => String(name));
  const [record = []] = directory.read(`SELECT ${columns.join(', ')} FROM account WHERE account_id = ?`, [
    ACCOUNT.accountId,
  ]);
  return { columns, record };
}

/** Operations that were begun since the backup are not known to the directory either. */
function restore(site: Site, { columns, record }: Backup): void {
  const { accountId } = ACCOUNT;
  site.note(`the directory's record of ${accountId} is restored`);
  const { directory } = site.world;
  directory.write('DELETE FROM operation WHERE account_id = ?', [accountId]);
  directory.write('DELETE FROM account WHERE account_id = ?', [accountId]);
  directory.write(
    `INSERT INTO account (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    [...record],
  );
}

/** The others remember the record that was lost. */
async function restartSome(site: Site, lots: Dice): Promise<void> {
  for (const instance of [...site.world.living]) {
    if (lots.happens(0.3)) continue;
    await site.inTime(`the stop of ${instance.name}`, instance.stop(), undefined);
    await site.startInstance();
  }
}

async function repaired(site: Site): Promise<boolean> {
  const { accountId } = ACCOUNT;
  const { directory, model, coverage } = site.world;
  for (const untilMs = site.nowMs + REPAIR_MS_MAX; site.nowMs < untilMs;) {
    const begun = await site.ask('a repair', ({ operations }) => operations.repair(accountId));
    if (begun !== NOT_NOW && begun.kind === 'started') {
      await rest(site);
      const [ended] = directory.read('SELECT status, result FROM operation WHERE operation_id = ?', [
        begun.operation.operationId,
      ]);
      if (ended?.[0] === 'done') {
        // The account may have come back to where it was, or never left it.
        if (String(ended[1]).includes('"lifted":true')) coverage.mark('account repaired');
        return true;
      }
    }
    await site.sleep(500);
  }
  model.violated('everythingEnds', `${accountId} is not repaired`, accountId);
  return false;
}

/** Whatever took effect is told so. */
async function replayed(clients: Clients, site: Site, keys: readonly Asked[]): Promise<void> {
  const { model } = site.world;
  for (const asked of keys) {
    const { requestId, accountId } = asked;
    const tookEffect = model.account(accountId).entries.has(requestId);
    const answer = await clients.ask(asked);
    if (tookEffect && !isReplay(answer))
      model.violated('oneEffectPerKey', `${requestId} took effect and is then ${answer.kind}`, requestId);
  }
}

/** All there is, in one piece. */
async function spend(site: Site, clients: Clients): Promise<void> {
  const { accountId } = ACCOUNT;
  await rest(site);
  const { model } = site.world;
  const account = model.account(accountId);
  // A change of the limit that the directory has lost is lost with it.
  account.line.rests(limitNow(site, accountId));
  const { payableMinor: totalMinor } = account;
  if (totalMinor <= 0n) return;
  const asked = toAsked({ kind: 'deduct', accountId, requestId: 'restored-all', amountMinor: totalMinor });
  const answer = await clients.ask(asked);
  if (answer.kind !== 'applied')
    model.violated(
      'refusedOnlyIfShort',
      `${accountId} has ${totalMinor} and does not pay it: ${answer.kind}`,
      accountId,
    );
}
