import type { DeductCommand } from '../ledger/command';
import type { Entry } from '../ledger/entry';
import type { Carried, DeductionResult, DeductionSession, DeductionWay } from './deduction-way';
import { type NoteFault, ShardFault } from './faults';
import type { Places } from './places';
import type { Surroundings } from './surroundings';

/** Bounds of deductions that are carried out one by one. */
export interface DeductionSettings {
  /** Deductions under way at once on one shard; on MySQL each has a session. */
  readonly sessionsPerShard: number;
  /** Deductions that may wait for one of them; the next is told that too many do. */
  readonly waitingMax: number;
  /** The whole time of one deduction, waiting included. */
  readonly waitMsMax: number;
  readonly triesMax: number;
  /** The pause before try n is random in [0, min(backoffMsMax, backoffMsBase · 2^n)] ("full jitter"). */
  readonly backoffMsBase: number;
  readonly backoffMsMax: number;
}

export const DEDUCTION_SETTINGS: DeductionSettings = {
  sessionsPerShard: 16,
  waitingMax: 8_192,
  waitMsMax: 10_000,
  triesMax: 100,
  backoffMsBase: 1,
  backoffMsMax: 50,
};

/** A session that must be ended, which takes back what was begun and not committed. Ending never rejects. */
export interface OpenDeductionSession extends DeductionSession {
  end(): Promise<void>;
}

/** What a store offers to deduct on. */
export interface DeductionSessions {
  open(way: DeductionWay): OpenDeductionSession;
  close(): Promise<void>;
}

export interface RunDeduction {
  readonly shard: string;
  readonly sessions: DeductionSessions;
  readonly places: Places;
  readonly settings: DeductionSettings;
  readonly surroundings: Surroundings;
  readonly noteFault?: NoteFault | undefined;
  findEntry(accountId: string, requestId: string): Promise<Entry | undefined>;
}

type Tried = Carried | { readonly kind: 'fault'; readonly fault: ShardFault };

/**
 * Tries a way of deducting until it has committed or found that it is not for it to decide, or until tries or time are
 * spent. Between two tries nothing is held: no session, no lock, no place.
 *
 * A key that exists is an answer and not a conflict. After a deadlock too the key is looked up before another try,
 * because duplicates are what most of them come from.
 *
 * Rejects with a `ShardFault` that another try will not mend.
 */
export async function runDeduction(
  run: RunDeduction,
  way: DeductionWay,
  command: DeductCommand,
): Promise<DeductionResult> {
  const { settings, surroundings } = run;
  const deadline = surroundings.now() + settings.waitMsMax;
  for (let tries = 1; ; tries += 1) {
    const tried = await tryOnce(run, way, command);
    if (tried.kind === 'committed') return { ...tried, tries };
    if (tried.kind === 'crowded') return { kind: 'contended', tries };
    if (tried.kind === 'handOver') return { kind: 'handOver', mayHaveCommitted: false, tries };
    if (tried.kind === 'fault') {
      const decided = await afterFault(run, command, tried.fault);
      if (decided) return { ...decided, tries };
    }
    const pauseMs =
      surroundings.random() * Math.min(settings.backoffMsMax, settings.backoffMsBase * 2 ** tries);
    if (tries >= settings.triesMax || surroundings.now() + pauseMs > deadline)
      return { kind: 'contended', tries };
    await surroundings.sleep(pauseMs);
  }
}

async function tryOnce(run: RunDeduction, way: DeductionWay, command: DeductCommand): Promise<Tried> {
  const deduct = (): Promise<Carried> => inSession(run, way, command);
  try {
    return await (way.around?.(run.shard, command, deduct) ?? deduct());
  } catch (error) {
    if (error instanceof ShardFault) return { kind: 'fault', fault: error };
    throw error;
  }
}

async function inSession(run: RunDeduction, way: DeductionWay, command: DeductCommand): Promise<Carried> {
  const leave = await run.places.enter();
  if (!leave) return { kind: 'crowded' };
  const session = run.sessions.open(way);
  try {
    return await way.deduct(session, command);
  } finally {
    await session.end();
    leave();
  }
}

/** What a fault decides; `undefined`: another try may do. */
async function afterFault(
  run: RunDeduction,
  { accountId, requestId }: DeductCommand,
  fault: ShardFault,
): Promise<
  | { readonly kind: 'found'; readonly entry: Entry }
  | { readonly kind: 'handOver'; readonly mayHaveCommitted: boolean; readonly isLocked?: boolean }
  | undefined
> {
  if (fault.verdict !== 'lookUpKeys') run.noteFault?.(fault);
  switch (fault.verdict) {
    case 'lookUpKeys':
    case 'again': {
      const entry = await run.findEntry(accountId, requestId);
      if (entry) return { kind: 'found', entry };
      // Another try would keep a session that all accounts share waiting for somebody else's lock.
      if (fault.isLockWait) return { kind: 'handOver', mayHaveCommitted: false, isLocked: true };
      // The lane waits for a file that another process has locked, and bounds that for all that wait together.
      if (fault.isFileLocked) return { kind: 'handOver', mayHaveCommitted: false };
      return fault.verdict === 'again' ? undefined : { kind: 'handOver', mayHaveCommitted: false };
    }
    case 'outcomeUnknown':
    case 'unavailable':
    case 'overloaded':
    case 'unclassified':
      // The lane knows how to wait for a shard that is away, and when to give it up.
      return { kind: 'handOver', mayHaveCommitted: fault.verdict === 'outcomeUnknown' };
    case 'defect':
      throw fault;
  }
}
