import { runSeed } from './run-seed';
import { Coverage } from './world/coverage';
import { makeDirectoryImage } from './world/sim-directory';

async function main(): Promise<void> {
  const image = await makeDirectoryImage();
  const [from, to, calls, trace] = process.argv.slice(2).map(Number);
  const coverage = new Coverage();
  const started = performance.now();
  let total = 0,
    events = 0;
  for (let seed = from ?? 1; seed <= (to ?? 20); seed += 1) {
    const t = performance.now();
    const result = await runSeed({
      seed,
      calls: calls ?? 1000,
      directoryImage: image,
      keepTrace: trace === 1,
    });
    total += result.calls;
    events += result.events;
    coverage.add(result.coverage);
    if (trace === 1) console.log(result.trace.join('\n'));
    if (result.violation)
      console.log(`seed ${seed}: ${result.violation.message.slice(0, 600)} about ${result.violation.about}`);
    const ms = performance.now() - t;
    if (ms > 3000 || trace === 1)
      console.log(
        `seed ${seed} calls ${result.calls} events ${result.events} sim ${Math.round(result.simulatedMs)} ms in ${Math.round(ms)} ms ${result.checksum}`,
      );
  }
  const s = (performance.now() - started) / 1000;
  console.log(total, 'calls', events, 'events', s.toFixed(1), 's', Math.round(total / s), '/s');
  if (trace !== 1) console.log(JSON.stringify(coverage.counts));
}
void main();
