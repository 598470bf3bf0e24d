import { answerParent } from '../../kernel/answer-parent';
import { TcpRelay } from '../../kernel/tcp-relay';

const relays: TcpRelay[] = [];

answerParent(
  {
    open: async ({ url, delayMs }: { url: string; delayMs: number }): Promise<string> => {
      const relay = await TcpRelay.before(url);
      relay.delay(delayMs);
      relays.push(relay);
      return relay.url;
    },
  },
  async () => {
    await Promise.all(relays.map((relay) => relay.close()));
  },
);
