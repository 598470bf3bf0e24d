import type { OnApplicationShutdown } from '@nestjs/common';
import type { EngineObserver } from '../../engine/observer';
import { RedisLink } from '../redis-link';
import { BURST_MS } from './gcra';

const COMMAND_MS_MAX = 200;
const PREFIX = 'hotsplit:rate:';

/** What a holder was given. */
export interface Granted {
  /** At least what was wanted, or 0. */
  readonly count: number;
  /** How many more there are for anybody. */
  readonly left: number;
  /** After which one more may come; 0 when one may come now. */
  readonly waitMs: number;
}

/**
 * The same as `Rate.take`, in one step on the server and by its clock: ARGV are the cost of one in ms, how many have to be given, and
 * how many may be. Microseconds are kept as a whole number, since Redis keeps texts.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost, need, want = tonumber(ARGV[1]) * 1000, tonumber(ARGV[2]), tonumber(ARGV[3])
local burst = ${BURST_MS * 1_000}
local paid = tonumber(redis.call('GET', KEYS[1]) or '0')
if paid < now then paid = now end
local room = math.floor((burst - (paid - now)) / cost)
if room < 1 then return { 0, 0, math.ceil((paid + cost - burst - now) / 1000) } end
local count = math.max(need, math.min(want, room))
paid = paid + math.floor(count * cost)
redis.call('SET', KEYS[1], string.format('%.0f', paid), 'PX', math.ceil((paid - now) / 1000) + 1000)
local left = math.max(0, room - count)
return { count, left, left > 0 and 0 or math.max(0, math.ceil((paid + cost - burst - now) / 1000)) }`;

/** Rates that all instances keep together. */
export class RedisRateStore implements OnApplicationShutdown {
  readonly #link: RedisLink;

  constructor(url: string, observer: Pick<EngineObserver, 'deferred'>) {
    this.#link = new RedisLink(url, { purpose: 'rates', commandMsMax: COMMAND_MS_MAX, observer });
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  /**
   * Takes `need` at least and `want` at most.
   *
   * @returns `undefined` while the server cannot be asked
   */
  async take(
    holder: string,
    perSecond: number,
    { need, want }: { readonly need: number; readonly want: number },
  ): Promise<Granted | undefined> {
    const answer = await this.#link.ask((redis) =>
      redis.eval(TAKE, 1, PREFIX + holder, 1_000 / perSecond, need, want),
    );
    if (!answer) return undefined;
    const [count, left, waitMs] = answer as [number, number, number];
    return { count, left, waitMs };
  }

  onApplicationShutdown(): void {
    this.#link.close();
  }
}
