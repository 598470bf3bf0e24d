import { answerParent } from '../processes/answer-parent';
import { DelayLine } from './delay-line';

const lines: DelayLine[] = [];

answerParent(
  {
    open: async ({
      host,
      port,
      delayMs,
    }: {
      host: string;
      port: number;
      delayMs: number;
    }): Promise<number> => {
      const line = await DelayLine.to(host, port, delayMs);
      lines.push(line);
      return line.port;
    },
  },
  async () => {
    await Promise.all(lines.map((line) => line.close()));
  },
);
