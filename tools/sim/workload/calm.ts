import type { Clients } from './clients';
import { unsettledLine } from './credit-lines';
import { Readers } from './readers';
import type { Site } from './site';
import type { Wishes } from './wishes';

/** After this long nothing may show any more that something was broken: sessions of the dead are gone by then. */
const GRACE_MS = 16_000;

/** Operations end, money in transit arrives, rows out of use are emptied, within this much calm. */
const REST_MS_MAX = 180_000;

/** Everything is mended, and left alone for a while; then every call must be served, and every book must balance. */
export async function calm(site: Site, parts: { clients: Clients; wishes: Wishes }): Promise<void> {
  const { world, plan } = site;
  world.calmDown();
  world.noticesLost = 0;
  while (world.living.length < plan.instances) await site.startInstance();
  await site.sleep(GRACE_MS);
  for (const { accountId } of site.accounts) await parts.wishes.unfreeze(accountId);
  site.calmSinceMs = site.nowMs;
  site.note('calm');
  let isOver = false;
  await Promise.all([
    parts.clients.make(plan.calmCalls).then(() => {
      isOver = true;
    }),
    new Readers(site).read(1, () => isOver),
  ]);
  await parts.wishes.audit();
  site.calmSinceMs = Infinity;
}

/** Waits until nothing is under way any more; a violation when that takes too long. */
export async function rest(site: Site): Promise<void> {
  const untilMs = site.nowMs + REST_MS_MAX;
  for (;;) {
    const left = whatIsLeft(site);
    if (left === undefined) return;
    if (site.nowMs > untilMs) {
      site.world.model.violated('everythingEnds', left);
      return;
    }
    await site.sleep(500);
  }
}

function whatIsLeft(site: Site): string | undefined {
  const { directory, databases, model } = site.world;
  const [open] = directory.read(
    `SELECT operation_id, kind, step FROM operation WHERE step <> 'ended' LIMIT 1`,
    [],
  );
  if (open) return `operation ${open.map(String).join(' ')} does not end`;
  const [creating] = directory.read(`SELECT account_id FROM account WHERE creation <> 'done' LIMIT 1`, []);
  if (creating) return `account ${String(creating[0])} is still being created`;
  for (const database of databases) {
    for (const [accountId, { rows, transfers, intakes, payments }] of database.accounts) {
      for (const { requestId } of payments.values())
        return `payment ${requestId} of ${accountId} from ${database.name} stays under way`;
      for (const { requestId, state } of intakes.values())
        if (state === 'received')
          return `what was received as ${requestId} of ${accountId} on ${database.name} is not worked off`;
      // What is held stays where it is held, until it is settled.
      for (const row of rows.values())
        if (row.state === 'draining' && (row.heldMinor === 0n || row.availableMinor > 0n))
          return `row ${row.index} of ${accountId} on ${database.name} is not emptied`;
      for (const transfer of transfers.values())
        if (transfer.pending)
          return `transfer ${transfer.transferId} of ${accountId} from ${database.name} stays pending`;
    }
  }
  for (const [accountId, { inTransitMinor }] of model.accounts)
    if (inTransitMinor !== 0n) return `${inTransitMinor} of ${accountId} does not arrive`;
  const line = unsettledLine(site);
  if (line !== undefined) return line;
  if (model.payments.unended !== undefined) return model.payments.unended;
  return whatIsLent(site);
}

/** Leases that nobody uses are given back, those of the dead expire, and what was answered from them is written. */
function whatIsLent({ world }: Site): string | undefined {
  const names = new Set(world.living.map(({ name }) => name));
  for (const [accountId, { leases }] of world.model.accounts) {
    const [leaseId] = leases.open;
    if (leaseId !== undefined) return `${leaseId} of ${accountId} is not given back`;
    for (const { asked, owner, shortfall } of leases.unwritten)
      if (names.has(owner) && shortfall === undefined)
        return `${asked.requestId} was answered by ${owner} from a lease and is not written`;
  }
  return undefined;
}
