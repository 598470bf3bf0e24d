import type { Answer } from '../model/answer-rules';
import type { Asked } from '../model/asked';
import type { Clients } from './clients';
import { isNoAnswer } from './door';
import type { Site } from './site';

/** Tries of a request of which every answer must be one. */
const TRIES_MAX = 20;

/** The answer to a request that is sent until there is one: a queue of a few commands may be full at any time. */
export async function answerTo(site: Site, clients: Clients, asked: Asked): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await clients.ask(asked);
    if (!isNoAnswer(answer)) return answer;
    if (tries === TRIES_MAX) {
      site.world.model.violated('everythingEnds', `${asked.requestId} is never answered`, asked.requestId);
      return answer;
    }
    await site.sleep(500);
  }
}
