import type { SchemaPart } from '../database';

/** An index by which a statement finds its rows, or by which the database refuses a second one. */
export interface ExpectedIndex {
  readonly table: string;
  readonly name: string;
  readonly unique: boolean;
  readonly columns: string;
}

export interface ExpectedSchema {
  readonly tables: readonly string[];
  readonly indexes: readonly ExpectedIndex[];
  /** The tables' CHECK constraints. */
  readonly checks: readonly string[];
}

const unique = (table: string, name: string, columns: string): ExpectedIndex => ({
  table,
  name,
  unique: true,
  columns,
});
const plain = (table: string, name: string, columns: string): ExpectedIndex => ({
  table,
  name,
  unique: false,
  columns,
});

/**
 * What the migrations have made of a database, as far as right answers depend on it. A start compares, since a table can be
 * rebuilt by hand, by a tool or by a restore without its indexes and checks.
 */
export const EXPECTED_SCHEMA: Readonly<Record<SchemaPart, ExpectedSchema>> = {
  shard: {
    tables: [
      'sub_account',
      'entry',
      'transfer',
      'hold',
      'reversal',
      'intake',
      'payment',
      'running_sum',
      'shard_identity',
      'feed',
      'feed_log',
    ],
    indexes: [
      unique('sub_account', 'PRIMARY', 'account_id,idx'),
      plain('sub_account', 'sub_account_unused', 'state,account_id,idx'),
      unique('entry', 'PRIMARY', 'account_id,created_at_us,sub_account,version'),
      unique('entry', 'entry_request', 'account_id,request_id'),
      unique('transfer', 'PRIMARY', 'account_id,transfer_id,direction'),
      plain('transfer', 'transfer_undelivered', 'pending,peer_shard,account_id,transfer_id'),
      unique('hold', 'PRIMARY', 'account_id,hold_id'),
      plain('hold', 'hold_expiry', 'state,expires_at_us'),
      plain('hold', 'hold_open', 'account_id,state,hold_id'),
      unique('reversal', 'PRIMARY', 'account_id,request_id,number'),
      unique('intake', 'PRIMARY', 'account_id,request_id'),
      plain('intake', 'intake_state', 'state,since_us,account_id,request_id'),
      unique('payment', 'PRIMARY', 'account_id,request_id'),
      plain('payment', 'payment_due', 'to_shard,created_at_us,account_id,request_id'),
      unique('running_sum', 'PRIMARY', 'account_id,created_at_us,sub_account,version'),
      unique('shard_identity', 'PRIMARY', 'id'),
      unique('feed', 'PRIMARY', 'feed_id'),
      unique('feed_log', 'PRIMARY', 'place'),
      unique('feed_log', 'feed_log_follows', 'follows'),
    ],
    checks: [
      'sub_account_available_not_negative',
      'sub_account_held_not_negative',
      'entry_amount_not_negative',
      'transfer_amount_positive',
      'hold_amount_not_negative',
      'hold_confirmed_within',
      'reversal_reversed_positive',
      'intake_amount_positive',
      'payment_amount_positive',
      'shard_identity_single',
    ],
  },
  directory: {
    tables: [
      'account',
      'shard',
      'cluster',
      'api_key',
      'operation',
      'lease',
      'lost_shard',
      'directory_feed_log',
      'feed_reader',
      'audit_log',
      'webhook',
      'webhook_delivery',
      'console_session',
      'heat_report',
      'account_tag',
      'budget',
      'allowance',
    ],
    indexes: [
      unique('account', 'PRIMARY', 'account_id'),
      plain('account', 'account_creation', 'creation,created_at_us'),
      plain('account', 'account_untold', 'is_untold,account_id'),
      plain('account', 'account_look', 'look_at_us,account_id'),
      plain('account', 'account_heat', 'heat_since_us,account_id'),
      unique('budget', 'PRIMARY', 'account_id,budget_id'),
      unique('allowance', 'PRIMARY', 'allowance_id'),
      plain('allowance', 'allowance_period', 'account_id,budget_id,period_start_us'),
      plain('account', 'account_credit_unsettled', 'credit_unsettled,account_id'),
      unique('shard', 'PRIMARY', 'name'),
      unique('cluster', 'PRIMARY', 'id'),
      unique('api_key', 'PRIMARY', 'key_id'),
      unique('api_key', 'api_key_secret', 'secret_hash'),
      unique('operation', 'PRIMARY', 'operation_id'),
      plain('operation', 'operation_unfinished', 'step,runner_until_us'),
      plain('operation', 'operation_created', 'created_at_us'),
      plain('operation', 'operation_open', 'is_open,runner_until_us'),
      plain('operation', 'operation_of_account', 'account_id,created_at_us'),
      plain('operation', 'operation_of_status', 'status,created_at_us'),
      unique('lease', 'PRIMARY', 'name'),
      plain('lease', 'lease_until', 'until_us'),
      unique('lost_shard', 'PRIMARY', 'name,incarnation'),
      unique('feed_reader', 'PRIMARY', 'name'),
      unique('heat_report', 'PRIMARY', 'instance_id'),
      unique('account_tag', 'PRIMARY', 'tag,account_id'),
      plain('account_tag', 'account_tag_account', 'account_id,tag'),
      unique('webhook', 'PRIMARY', 'webhook_id'),
      unique('webhook_delivery', 'PRIMARY', 'delivery_id'),
      unique('webhook_delivery', 'webhook_delivery_event', 'webhook_id,event_id'),
      plain('webhook_delivery', 'webhook_delivery_list', 'webhook_id,delivery_id'),
      plain('webhook_delivery', 'webhook_delivery_due', 'webhook_id,next_at_us'),
      unique('console_session', 'PRIMARY', 'session_hash'),
      plain('console_session', 'console_session_of_key', 'key_id,created_at_us'),
      plain('console_session', 'console_session_expiry', 'expires_at_us'),
      unique('directory_feed_log', 'PRIMARY', 'place'),
      unique('directory_feed_log', 'directory_feed_log_follows', 'follows'),
      unique('audit_log', 'PRIMARY', 'sequence'),
      plain('audit_log', 'audit_log_actor', 'actor,sequence'),
      plain('audit_log', 'audit_log_action', 'action,sequence'),
      plain('audit_log', 'audit_log_target', 'target,sequence'),
    ],
    checks: ['cluster_single'],
  },
};
