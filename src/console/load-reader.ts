import { Injectable } from '@nestjs/common';
import { Metrics } from '../platform/metrics';

/** What the overview shows, of all that `/metrics` has. */
const SHOWN = [
  'hotsplit_command_seconds_bucket',
  'hotsplit_commands_total',
  'hotsplit_shard_up',
  'hotsplit_lane_depth',
  'hotsplit_batch_commands_sum',
  'hotsplit_batch_commands_count',
  'hotsplit_batch_seconds_sum',
  'hotsplit_batch_seconds_count',
  'hotsplit_intake_waiting',
  'hotsplit_intake_oldest_seconds',
  'hotsplit_kafka_lag',
  'hotsplit_kafka_dead_letters_total',
  'hotsplit_kafka_connected',
  'hotsplit_transfers_undelivered',
  'hotsplit_database_full',
  'hotsplit_defects_total',
  'hotsplit_audit_findings',
  'hotsplit_audit_timestamp_seconds',
  'hotsplit_redis_up',
  'hotsplit_directory_up',
  'hotsplit_build_info',
  'process_start_time_seconds',
];

const SHOWN_LINE = new RegExp(`^(?:${SHOWN.join('|')})(?:[{ ]).*$`, 'gm');

/** However many pages are open, metrics are gathered for them once in so long. */
const KEPT_MS = 1_000;

/**
 * The part of `/metrics` that the console draws: a proxy in front of several instances serves `/metrics` to nobody, and few of
 * its series are wanted here.
 */
@Injectable()
export class LoadReader {
  #kept: { readonly at: number; readonly text: Promise<string> } | undefined;

  constructor(private readonly metrics: Metrics) {}

  read(): Promise<string> {
    const now = performance.now();
    if (this.#kept && now < this.#kept.at + KEPT_MS) return this.#kept.text;
    const text = this.#gather();
    this.#kept = { at: now, text };
    text.catch(() => {
      this.#kept = undefined;
    });
    return text;
  }

  async #gather(): Promise<string> {
    const all = await this.metrics.exposition();
    return `${(all.match(SHOWN_LINE) ?? []).join('\n')}\n`;
  }
}
