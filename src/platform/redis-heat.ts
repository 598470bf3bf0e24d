import type { OnApplicationShutdown } from '@nestjs/common';
import { REPORT_MS_MAX, type ReportExchange } from '../engine/heat/shared-reports';
import type { EngineObserver } from '../engine/observer';
import { RedisLink } from './redis-link';

const COMMAND_MS_MAX = 500;
const KEY = 'hotsplit:heat:';

/**
 * One step on the server, by its clock: writes a report, forgets those of instances that have said nothing for a while, and answers
 * with the rest.
 */
const EXCHANGE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ${2 * REPORT_MS_MAX})
local all, young = redis.call('HGETALL', KEYS[1]), {}
for index = 1, #all, 2 do
  local text = all[index + 1]
  local blank = string.find(text, ' ', 1, true)
  if math.abs(now - tonumber(string.sub(text, 1, blank - 1))) <= ${REPORT_MS_MAX} then
    young[#young + 1] = string.sub(text, blank + 1)
  else
    redis.call('HDEL', KEYS[1], all[index])
  end
end
return young`;

/** Where instances that share a Redis tell each other what they are busy with. */
export class RedisHeat implements ReportExchange, OnApplicationShutdown {
  readonly #link: RedisLink;
  #installation: () => Promise<string> = () => Promise.resolve('');

  constructor(url: string, observer: Pick<EngineObserver, 'deferred'>) {
    this.#link = new RedisLink(url, { purpose: 'heat', commandMsMax: COMMAND_MS_MAX, observer });
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** Names the installation: several may share a Redis. */
  nameWith(installation: () => Promise<string>): void {
    this.#installation = installation;
  }

  async exchange(instanceId: string, report: string): Promise<readonly string[] | undefined> {
    const key = KEY + (await this.#installation());
    return this.#link.ask(
      async (redis) => (await redis.eval(EXCHANGE, 1, key, instanceId, report)) as string[],
    );
  }

  onApplicationShutdown(): void {
    this.#link.close();
  }
}
