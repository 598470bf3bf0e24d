import { type Profiler, Session } from 'node:inspector/promises';
import { type FlameNode, flameTree } from './flame-tree';
import { placeOf } from './profile-place';

/** A function, and the share of the process's busy time in which it was itself running. */
export interface SelfTime {
  readonly name: string;
  readonly place: string;
  readonly share: number;
}

/** Where a process spent its time. */
export interface CpuProfile {
  /** Share of the whole time; the rest is what the others are shares of. */
  readonly idle: number;
  /** The largest first. */
  readonly functions: readonly SelfTime[];
  /** The same by file of the project, by package and by part of Node. */
  readonly modules: readonly SelfTime[];
  /** Who called whom, and for how long. */
  readonly flame: FlameNode;
}

const SAMPLE_MICROS = 250;

/** Samples this process while the work is under way. */
export async function profiled<T>(work: () => Promise<T>): Promise<{ result: T; profile: CpuProfile }> {
  const stop = await startProfile();
  const result = await work();
  return { result, profile: await stop() };
}

export async function startProfile(): Promise<() => Promise<CpuProfile>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROS });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    return summarizeProfile(profile);
  };
}

interface Spent {
  readonly name: string;
  readonly place: string;
  readonly micros: number;
}

function summarizeProfile(profile: Profiler.Profile): CpuProfile {
  const { nodes, samples = [], timeDeltas = [] } = profile;
  const frames = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const spent: Spent[] = [];
  samples.forEach((id, position) => {
    const frame = frames.get(id);
    const micros = timeDeltas[position] ?? 0;
    // Starting and stopping the profiler is the inspector's own time.
    if (!frame || micros <= 0 || frame.url.startsWith('node:inspector')) return;
    spent.push({ name: frame.functionName || '(anonymous)', place: placeOf(frame), micros });
  });
  const busy = spent.filter(({ name }) => name !== '(idle)');
  return {
    idle: 1 - microsOf(busy) / microsOf(spent),
    functions: sharesOf(busy),
    modules: sharesOf(busy.map((each) => ({ ...each, name: moduleOf(each), place: '' }))),
    flame: flameTree(profile),
  };
}

function sharesOf(spent: readonly Spent[]): SelfTime[] {
  const total = microsOf(spent);
  const groups = Map.groupBy(spent, ({ name, place }) => `${name} ${place}`);
  return [...groups.values()]
    .map((group) => ({
      name: group[0]?.name ?? '',
      place: group[0]?.place ?? '',
      share: microsOf(group) / total,
    }))
    .sort((a, b) => b.share - a.share);
}

function microsOf(spent: readonly Spent[]): number {
  return spent.reduce((total, { micros }) => total + micros, 0);
}

/** `src/engine/lane.js`, `mysql2`, `node:net`; what has no file is native and goes by its own name. */
function moduleOf({ name, place }: Spent): string {
  if (place === '') return name.startsWith('(') ? name : `native ${name}`;
  const path = place.replace(/:\d+$/, '');
  if (/^(src|bench|migrations|node:)/.test(path)) return path;
  return path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');
}
