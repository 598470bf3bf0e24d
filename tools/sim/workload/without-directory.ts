import { isUnknown } from '../model/answer-rules';
import type { Dice } from '../../kernel/dice';
import type { SimInstance } from '../world/sim-instance';
import { rest } from './calm';
import { decideSizes, restSizes } from './self-split';
import type { Clients } from './clients';
import type { AccountPlan } from './plan';
import type { Site } from './site';

/** Longer than accounts and keys are used before the directory is asked for them again. */
const AWAY_MS = { from: 65_000, to: 200_000 };
const PAUSE_MS = { from: 200, to: 8_000 };
const BACK_MS = 5_000;
const GUESSES = 20;

/**
 * The directory is lost, and nothing else. Whoever was known to an instance goes on there: its key is taken and its account
 * pays, for as long as the directory stays away, whatever keys that nobody has are tried meanwhile.
 */
export async function withoutDirectory(
  site: Site,
  { clients }: { readonly clients: Clients },
  lots: Dice,
): Promise<void> {
  const { world } = site;
  await restSizes(site);
  await rest(site);
  const secret = await introduce(site);
  await guess(world.living, lots);
  site.note('the directory is lost');
  world.takeAway('directory');
  world.coverage.mark('directory lost');
  const untilMs = site.nowMs + lots.between(AWAY_MS.from, AWAY_MS.to);
  while (site.nowMs < untilMs) {
    await site.sleep(lots.between(PAUSE_MS.from, PAUSE_MS.to));
    const instance = lots.oneOf(world.living);
    if (lots.happens(0.2)) await guess([instance], lots);
    await admitted(site, instance, secret);
    const account = lots.oneOf(site.accounts);
    const told = await clients.deductAt(instance, account);
    if (isUnknown(told) && !waitsForItsLimit(site, account))
      world.model.violated('knownGoOn', `${account.accountId}: ${told.kind} while the directory is away`);
    if (site.plan.payments)
      await paid(site, clients, { instance, account, payee: lots.oneOf(site.accounts) });
  }
  site.note('the directory is back');
  world.bringBack('directory');
  await site.sleep(BACK_MS);
  decideSizes(site);
}

/** Only the directory knows whether an account that was above its credit limit is within it by now. */
function waitsForItsLimit({ world }: Site, { accountId }: AccountPlan): boolean {
  const [row] = world.directory.read('SELECT over_limit FROM account WHERE account_id = ?', [accountId]);
  return row?.[0] === 1n && world.model.account(accountId).payablesMinor.some((each) => each > 0n);
}

/** Both accounts are known, and the one that is to be paid takes money. */
async function paid(
  site: Site,
  clients: Clients,
  {
    instance,
    account,
    payee,
  }: { readonly instance: SimInstance; readonly account: AccountPlan; readonly payee: AccountPlan },
): Promise<void> {
  const { model } = site.world;
  if (account === payee || account.asset !== payee.asset || model.account(payee.accountId).maybeClosed)
    return;
  const told = await clients.payAt(instance, account, payee);
  if (isUnknown(told) && !waitsForItsLimit(site, account))
    model.violated(
      'knownGoOn',
      `${account.accountId} to ${payee.accountId}: ${told.kind} while the directory is away`,
    );
}

/** Every instance has read every account and knows every shard, and a key that all of them have taken once. */
async function introduce(site: Site): Promise<string> {
  const { living } = site.world;
  const [first] = living;
  if (!first) throw new RangeError('in calm all instances are up');
  const { secret } = await first.keys.create({
    name: 'known',
    scopes: ['deduct'],
    accounts: null,
    expiresAtUs: null,
  });
  for (const instance of living) {
    await instance.runtime.registry.discover();
    for (const { accountId } of site.accounts) await instance.accounts.read(accountId);
    await admitted(site, instance, secret);
  }
  return secret;
}

async function admitted(site: Site, instance: SimInstance, secret: string): Promise<void> {
  const remembered = instance.keys.peek(secret);
  if (typeof remembered === 'object') return;
  const principal = await instance.keys.authenticate(secret).catch(() => undefined);
  if (!principal) site.world.model.violated('knownGoOn', `${instance.name} does not take a key that it knew`);
}

/** Keys that nobody has. */
async function guess(instances: readonly SimInstance[], lots: Dice): Promise<void> {
  for (const { keys } of instances)
    await Promise.allSettled(
      Array.from({ length: GUESSES }, () => keys.authenticate(`guess ${lots.between(0, 10 ** 9)}`)),
    );
}
