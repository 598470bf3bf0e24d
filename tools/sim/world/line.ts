import { ShardFault } from '../../../src/shards/faults';
import type { Broken, Interference, MemoryStep } from '../../../src/shards/memory/interference';
import { latencyMs, mishap } from '../faults/weather';
import type { DirectoryLine, DirectoryServer } from './sim-directory';
import type { SimDatabase } from './sim-database';
import { EVERLASTING, type Owner } from './timeline';
import type { InstanceWorld, LineEnd } from './instance-world';

/** A client does not wait longer for a statement; its connection is given up then. */
const STATEMENT_MS_MAX = 5_000;

/** A step that takes longer is trouble. */
const LONG_MS = 500;

/** A request that was given up arrives within this, or never. */
const LATE_MS_MAX = 4_000;

const NETWORK_STEPS: Readonly<Record<MemoryStep, 'request' | 'lock' | 'commit' | 'answer'>> = {
  begin: 'request',
  lock: 'lock',
  lockAhead: 'lock',
  lookUp: 'lock',
  beforeCommit: 'commit',
  afterCommit: 'answer',
  read: 'request',
};

/** The way between one instance and one database: what every step of a call goes through. */
export function lineTo(world: InstanceWorld, instance: LineEnd, database: SimDatabase): Interference {
  const { timeline, chance } = world;
  return async (step): Promise<Broken | undefined> => {
    const hazards = world.hazardsOf(database.name);
    const kind = NETWORK_STEPS[step];
    if (step === 'lockAhead') world.coverage.mark('batch begun ahead');
    const takesMs = latencyMs(hazards, chance);
    if (takesMs > LONG_MS) world.troubled(timeline.nowMs + takesMs);
    if (takesMs > STATEMENT_MS_MAX) {
      await timeline.sleep(STATEMENT_MS_MAX, instance);
      return kind === 'commit' ? arrivesLate(world) : 'outcomeUnknown';
    }
    // What was sent before its sender died may still arrive.
    const owner = kind === 'commit' ? onTheWire(instance, chance.happens(0.5)) : instance;
    await timeline.sleep(takesMs, owner);
    if (database.isAway || instance.isCutOffFrom(database.name)) {
      world.troubled();
      world.coverage.mark('fault shard away');
      return kind === 'request' ? 'unavailable' : 'outcomeUnknown';
    }
    const isUnheard =
      kind === 'answer' && timeline.nowMs < (instance.hearsNothingUntil.get(database.name) ?? 0);
    const broken = isUnheard ? 'outcomeUnknown' : mishap(kind, hazards, chance);
    if (!broken) return undefined;
    world.troubled();
    world.coverage.mark(`fault ${kind} ${broken}`);
    return broken === 'late' ? arrivesLate(world) : broken;
  };
}

function arrivesLate(world: InstanceWorld): Broken {
  const { timeline, chance } = world;
  return { arrives: timeline.sleep(chance.between(1, LATE_MS_MAX)) };
}

function onTheWire(instance: LineEnd, survives: boolean): Owner {
  return survives ? EVERLASTING : instance;
}

/** The way between one instance and the directory. */
export function lineToDirectory(
  world: InstanceWorld,
  instance: LineEnd,
  server: DirectoryServer,
): DirectoryLine {
  const { timeline, chance } = world;
  const pass = async (step: 'request' | 'answer'): Promise<void> => {
    const hazards = world.hazardsOf('directory');
    await timeline.sleep(Math.min(latencyMs(hazards, chance), STATEMENT_MS_MAX), instance);
    const away = server.isAway || instance.isCutOffFrom('directory');
    const broken = away ? 'unavailable' : mishap(step, hazards, chance);
    if (!broken) return;
    world.troubled();
    world.coverage.mark(away ? 'fault directory away' : `fault directory ${step} lost`);
    const verdict = step === 'answer' || broken === 'late' ? 'outcomeUnknown' : broken;
    throw new ShardFault('directory', verdict, new Error(`broken at the ${step}`));
  };
  return { there: () => pass('request'), back: () => pass('answer') };
}
