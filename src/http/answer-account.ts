import type { FastifyReply } from 'fastify';
import { accountView } from '../contract/accounts';
import { etagOf } from '../contract/revisions';
import type { AccountRecord } from '../shards/directory/account-record';

/** An account with its `ETag`. */
export function answerAccount(account: AccountRecord, reply: FastifyReply) {
  void reply.header('etag', etagOf(account));
  return accountView(account);
}
