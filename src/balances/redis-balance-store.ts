import { randomUUID } from 'node:crypto';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { EngineObserver } from '../engine/observer';
import { RedisLink } from '../platform/redis-link';
import type { TimedBalance } from './balance-cache';
import type { Asked, BalanceStore, Lead } from './shared-balances';

const PREFIX = 'hotsplit:balance:';

export interface BalanceStoreSettings {
  /** How long a value is good, counted from where its reading began. */
  readonly ageMsMax: number;
  /** After so long, somebody who leads is taken to be gone. */
  readonly leadMsMax: number;
  /** A server that takes longer is done without. */
  readonly commandMsMax: number;
}

const SETTINGS: BalanceStoreSettings = { ageMsMax: 1_000, leadMsMax: 1_000, commandMsMax: 200 };

/** By then nobody who leads is under way any more. */
const KEPT_MS = 60_000;

/**
 * ARGV: how long a value is good, how long a lead, how long all of it is kept (ms), and a new generation. One step on the server,
 * by its clock. A generation is made where there is none: after a flush the numbers begin anew, and a reading that was begun before
 * must not pass for a later one.
 */
const ASK = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local known = redis.call('HMGET', KEYS[1], 'generation', 'number', 'leadUntil', 'beganAt', 'value')
local began = tonumber(known[4] or '')
if began and now >= began and now - began <= ARGV[1] * 1000 then
  return { 'known', known[5], math.floor((now - began) / 1000) }
end
local leadUntil = tonumber(known[3] or '')
if leadUntil and now < leadUntil and leadUntil <= now + ARGV[2] * 1000 then return { 'wait' } end
local generation = known[1] or ARGV[4]
local number = tonumber(known[2] or '0') + 1
local beganAt = string.format('%.0f', now)
redis.call('HSET', KEYS[1], 'generation', generation, 'number', number,
  'leadUntil', string.format('%.0f', now + ARGV[2] * 1000))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { 'lead', generation, number, beganAt }`;

/** ARGV: generation and number of the lead, when it began, the value, and how long all of it is kept (ms). */
const PUT = `
local known = redis.call('HMGET', KEYS[1], 'generation', 'valueNumber', 'number')
if known[1] ~= ARGV[1] then return 0 end
if known[2] and tonumber(known[2]) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'valueNumber', ARGV[2], 'beganAt', ARGV[3], 'value', ARGV[4])
if known[3] == ARGV[2] then redis.call('HDEL', KEYS[1], 'leadUntil') end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1`;

/** Readings of balances that instances share over Redis. */
export class RedisBalanceStore implements BalanceStore, OnApplicationShutdown {
  readonly #link: RedisLink;

  constructor(
    url: string,
    observer: Pick<EngineObserver, 'deferred'>,
    private readonly settings: BalanceStoreSettings = SETTINGS,
  ) {
    const { commandMsMax } = settings;
    this.#link = new RedisLink(url, { purpose: 'balances', commandMsMax, observer });
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  async ask(accountId: string): Promise<Asked | undefined> {
    const key = PREFIX + accountId;
    const { ageMsMax, leadMsMax } = this.settings;
    const answer = await this.#link.ask((redis) =>
      redis.eval(ASK, 1, key, ageMsMax, leadMsMax, KEPT_MS, randomUUID()),
    );
    if (!answer) return undefined;
    const [kind, ...rest] = answer as [Asked['kind'], ...unknown[]];
    if (kind === 'wait') return { kind };
    if (kind === 'lead') {
      const [generation, number, beganAt] = rest as [string, number, string];
      return { kind, lead: { generation, number, beganAt } };
    }
    const [text, ageMs] = rest as [string, number];
    const value = balanceFrom(text);
    return value && { kind, value, ageMs };
  }

  async put(accountId: string, { generation, number, beganAt }: Lead, value: TimedBalance): Promise<void> {
    await this.#link.ask((redis) =>
      redis.eval(PUT, 1, PREFIX + accountId, generation, number, beganAt, textOf(value), KEPT_MS),
    );
  }

  onApplicationShutdown(): void {
    this.#link.close();
  }
}

function textOf({ balance, asOfMs }: TimedBalance): string {
  const { availableMinor, heldMinor, totalMinor, inTransitMinor, grantedMinor } = balance;
  const amounts = [availableMinor, heldMinor, totalMinor, inTransitMinor, grantedMinor];
  return JSON.stringify([asOfMs, ...amounts.map(String)]);
}

/** `undefined` for what another version, or somebody else, has written there. */
function balanceFrom(text: string): TimedBalance | undefined {
  try {
    const [asOfMs, ...amounts] = JSON.parse(text) as [number, ...string[]];
    const [availableMinor, heldMinor, totalMinor, inTransitMinor, grantedMinor] = amounts.map(BigInt);
    if (availableMinor === undefined || heldMinor === undefined || totalMinor === undefined) return undefined;
    if (inTransitMinor === undefined || grantedMinor === undefined || !Number.isFinite(asOfMs))
      return undefined;
    return { balance: { availableMinor, heldMinor, totalMinor, inTransitMinor, grantedMinor }, asOfMs };
  } catch {
    return undefined;
  }
}
