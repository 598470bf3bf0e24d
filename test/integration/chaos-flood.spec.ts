import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FloodReport } from '../../tools/chaos/flood/run-flood';
import { FLOOD_KINDS } from '../../tools/chaos/flood/flood-plan';
import { runBuilt } from '../setup/run-built';

/** As `npm run chaos -- --flood`, with fewer connections. */
describe('[mariadb] a flood beside clients that pay', () => {
  it('fails none of their calls, is answered no more often than it is held, and fills no log', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplit-flood-test-'));
    const file = join(folder, 'report.json');
    const { exitCode, output } = await runBuilt('tools/chaos/main.js', [
      ...['--flood', '--connections', '300', '--seconds', '2', '--any-rate'],
      ...['--json', file],
    ]);
    const { floods } = JSON.parse(readFileSync(file, 'utf8')) as { floods: FloodReport[] };
    rmSync(folder, { recursive: true, force: true });
    expect(floods.map(({ kind }) => kind)).toEqual(Object.keys(FLOOD_KINDS));
    expect(floods.flatMap(({ breaches }) => breaches)).toEqual([]);
    for (const { during } of floods) expect(during.acknowledged).toBeGreaterThan(0);
    expect([exitCode, output]).toEqual([0, output]);
  });
});
