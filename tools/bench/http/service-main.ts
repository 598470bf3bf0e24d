import { readSettings } from '../../../src/platform/settings';
import { startService } from '../../../src/service';
import { type Yardstick, YardstickCounter } from '../grpc/yardstick-counts';
import { yardstickServices } from '../grpc/yardstick-services';
import { type CpuProfile, startProfile } from '../measure/cpu-profile';
import { StageClock } from '../measure/stage-clock';
import { answerParent } from '../../kernel/answer-parent';
import { registerNoop } from './noop-route';
import type { ServiceAddresses } from './service-process';

/** The service in a process of its own, with the yardstick route, its memory watched from inside. */
const MEMORY_EVERY_MS = 200;
const MEGABYTE = 1024 * 1024;

/** Methods of the benchmark's own beside the product's. */
const yardsticks: Readonly<Record<Yardstick, YardstickCounter>> = {
  fresh: new YardstickCounter(),
  noop: new YardstickCounter(),
};

async function main(): Promise<void> {
  const service = await startService(readSettings(process.env), process.env['HOTSPLIT_ADMIN_KEY'] ?? '', {
    extend: registerNoop,
    further: (own) => yardstickServices(own, yardsticks),
  });
  let peakMb = 0;
  let stopProfile: (() => Promise<CpuProfile>) | undefined;
  const readMb = (): number => {
    const nowMb = process.memoryUsage.rss() / MEGABYTE;
    peakMb = Math.max(peakMb, nowMb);
    return nowMb;
  };
  setInterval(readMb, MEMORY_EVERY_MS).unref();

  answerParent(
    {
      addresses: (): ServiceAddresses => ({ rest: service.restUrl, grpc: `http://${service.grpcAddress}` }),
      yardstickCounts: (yardstick: Yardstick) => yardsticks[yardstick].counts,
      /** Resident memory now, and the most since the last time it was asked for; processor time so far. */
      usage: () => {
        const nowMb = readMb();
        const most = peakMb;
        peakMb = nowMb;
        const { user, system } = process.cpuUsage();
        return { nowMb, peakMb: most, cpuMicros: user + system };
      },
      startProfile: async () => {
        stopProfile = await startProfile();
      },
      stopProfile: () => stopProfile?.(),
      startStages: () => {
        StageClock.attach().start();
      },
      stopStages: () => StageClock.attach().stop(),
    },
    () => service.stop(),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
