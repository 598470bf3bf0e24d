import type { Profiler } from 'node:inspector/promises';
import { flameTree } from '../../tools/bench/measure/flame-tree';
import { flameGraph } from '../../tools/bench/report/flame-graph';

/** idle 500, a 100 (b 300, called twice from it), in microseconds. */
const PROFILE: Profiler.Profile = {
  nodes: [
    node(1, '(root)', '', [2, 3]),
    node(2, '(idle)', '', []),
    node(3, 'a', 'file:///x/dist/src/engine/lane.js', [4, 5]),
    node(4, 'b<T>', 'file:///x/node_modules/mysql2/lib/a.js', []),
    node(5, 'b<T>', 'file:///x/node_modules/mysql2/lib/a.js', []),
  ],
  startTime: 0,
  endTime: 900,
  samples: [2, 3, 4, 5],
  timeDeltas: [500, 100, 200, 100],
};

describe('a flame graph', () => {
  test('adds a function up over its calls from one caller, and leaves idle time out', () => {
    const root = flameTree(PROFILE);
    expect(root).toMatchObject({ micros: 400, children: [{ name: 'a', place: 'src/engine/lane.js:1' }] });
    expect(root.children[0]).toMatchObject({ micros: 400, children: [{ name: 'b<T>', micros: 300 }] });
  });

  test('is as wide as each share, and escapes what would be markup', () => {
    const svg = flameGraph('one & all', flameTree(PROFILE));
    expect(svg).toContain('one &amp; all');
    expect(svg).toContain('<title>b&lt;T&gt; mysql2/lib/a.js:1 75.0 %</title>');
    expect(svg).toContain('width="899.5"');
  });
});

function node(id: number, functionName: string, url: string, children: number[]): Profiler.ProfileNode {
  const callFrame = { functionName, url, scriptId: '0', lineNumber: 0, columnNumber: 0 };
  return { id, callFrame, children };
}
