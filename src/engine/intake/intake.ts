import type { IntakeRecord } from '../../ledger/intake';
import { pastHomes, routeRequest } from '../../ledger/routing';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { Balances } from '../balances';
import type { Engine } from '../engine';
import { Periodic } from '../periodic';
import type { PlainRequest } from '../router';
import { Charging, type ChargingParts } from './charging';
import { IntakeCleaning } from './intake-cleaning';
import { IntakeLevels } from './intake-levels';
import { IntakeWorker, type WorkerParts } from './intake-worker';
import { type MessageOutcome, Messages } from './messages';
import { Queued, type QueuedParts } from './queued';
import { type Received, Reception, type ReceptionParts } from './reception';

export type IntakeParts = ChargingParts &
  Pick<ReceptionParts, 'entries' | 'intakes' | 'leases'> &
  Omit<WorkerParts, 'charging' | 'levels' | 'ended'> & {
    readonly engine: Pick<Engine, 'charge' | 'findEntry'>;
    readonly balances: Balances;
    readonly exhausted: QueuedParts['exhausted'];
  };

/** Deductions that are received now and charged later: the way in, and what works them off. */
export class Intake {
  readonly worker: IntakeWorker;
  readonly queued: Queued;
  readonly cleaning: IntakeCleaning;
  readonly levels: IntakeLevels;
  readonly #reception: Reception;
  readonly #messages: Messages;
  readonly #counting: Periodic;

  constructor(private readonly parts: IntakeParts) {
    const { settings, later } = parts;
    this.levels = new IntakeLevels(parts);
    const { levels } = this;
    this.#reception = new Reception({ ...parts, levels });
    this.#messages = new Messages({
      accounts: parts.accounts,
      engine: parts.engine,
      budgets: parts.budgets,
      screening: parts.screening,
      receive: (request, account) => this.receive(request, account),
    });
    this.queued = new Queued({
      ...parts,
      receive: (request, account) => this.receive(request, account),
      find: (account, requestId) => this.find(account, requestId),
      waitMsMax: settings.queuedMsMax,
    });
    const ended: WorkerParts['ended'] = (record, outcome) => {
      this.queued.ended(record, outcome);
    };
    this.worker = new IntakeWorker({ ...parts, charging: new Charging(parts), levels, ended });
    this.cleaning = new IntakeCleaning(parts);
    this.#counting = new Periodic(settings.levelMs, () => levels.count(), later);
  }

  start(): void {
    this.worker.start();
    this.cleaning.start();
    this.#counting.start('at once');
  }

  async stop(): Promise<void> {
    await this.#counting.stop();
    await this.cleaning.stop();
    await this.worker.stop();
  }

  /** Resolves once the request is durable, or with why it is not. Rejects when a past home cannot be read. */
  async receive(request: PlainRequest, account: AccountRecord): Promise<Received> {
    const received = await this.#reception.receive(request, account);
    if (received.kind === 'received' && !received.replayed) {
      const { shard } = routeRequest(request.requestId, account.placement, account.subAccounts);
      this.worker.wake(shard);
    }
    return received;
  }

  /** Charges a message of a topic. Resolves once what it came to is durable, or with why it waits; rejects as `receive` does. */
  charge(message: PlainRequest, account: AccountRecord): Promise<MessageOutcome> {
    return this.#messages.charge(message, account);
  }

  /**
   * What was received under a key, as it is now. Past homes are read before the present one, to which records are brought from
   * there: whichever way one goes meanwhile, it is seen.
   */
  async find(account: AccountRecord, requestId: string): Promise<IntakeRecord | undefined> {
    const { accountId, placement, subAccounts, past } = account;
    const home = routeRequest(requestId, placement, subAccounts);
    let found: IntakeRecord | undefined;
    for (const shard of [...pastHomes(requestId, placement, past), home.shard]) {
      const record = await this.parts.intakes.find(shard, accountId, requestId);
      if (record && record.state !== 'moved' && record.attempt >= (found?.attempt ?? 0)) found = record;
    }
    return found;
  }
}
