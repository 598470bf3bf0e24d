import type { Profiler } from 'node:inspector/promises';
import { placeOf } from './profile-place';

/** A function as it was called from those above it, and the time in which it or something it called was running. */
export interface FlameNode {
  readonly name: string;
  readonly place: string;
  readonly micros: number;
  /** The largest first. */
  readonly children: readonly FlameNode[];
}

/** What is smaller than this share of the whole is left out. */
const SHARE_MIN = 0.001;

/** A profile as a tree: calls of one function from one place in another are one node, idle time is left out. */
export function flameTree({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): FlameNode {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const selfMicros = new Map<number, number>();
  samples.forEach((id, position) => {
    selfMicros.set(id, (selfMicros.get(id) ?? 0) + Math.max(0, timeDeltas[position] ?? 0));
  });
  const build = (ids: readonly number[]): FlameNode => {
    const members = ids.map((id) => byId.get(id)).filter((node) => node !== undefined);
    const groups = Map.groupBy(
      members.flatMap(({ children = [] }) => children).filter((id) => isWork(byId.get(id))),
      (id) => {
        const { functionName = '', url = '', lineNumber = 0 } = byId.get(id)?.callFrame ?? {};
        return `${functionName} ${url}:${lineNumber}`;
      },
    );
    const children = [...groups.values()].map(build).sort((a, b) => b.micros - a.micros);
    const own = ids.reduce((sum, id) => sum + (selfMicros.get(id) ?? 0), 0);
    const frame = members[0]?.callFrame;
    return {
      name: frame?.functionName || '(anonymous)',
      place: frame ? placeOf(frame) : '',
      micros: children.reduce((sum, child) => sum + child.micros, own),
      children,
    };
  };
  const [root] = nodes;
  const whole = build(root ? [root.id] : []);
  return pruned({ ...whole, name: 'busy time' }, whole.micros * SHARE_MIN);
}

/** Starting and stopping the profiler is the inspector's own time. */
function isWork(node: Profiler.ProfileNode | undefined): boolean {
  return (
    node !== undefined &&
    node.callFrame.functionName !== '(idle)' &&
    !node.callFrame.url.startsWith('node:inspector')
  );
}

function pruned(node: FlameNode, microsMin: number): FlameNode {
  const children = node.children
    .filter(({ micros }) => micros >= microsMin)
    .map((child) => pruned(child, microsMin));
  return { ...node, children };
}
