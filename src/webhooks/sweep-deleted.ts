import type { Directory } from '../shards/directory/directory';
import { WEBHOOKS_MAX } from './current-webhooks';
import { READERS, readerOf } from './webhook.service';

const FORGOTTEN_TOGETHER = 200;
const STATEMENTS_MAX = 50;

/**
 * Forgets what is left of webhooks that are deleted: deliveries, of which an instance may record some after the deletion, and
 * cursors. What one call does is bounded; the next goes on.
 */
export async function sweepDeleted({
  webhooks,
  readers,
}: Pick<Directory, 'webhooks' | 'readers'>): Promise<void> {
  let forgets = 0;
  let webhookId = await webhooks.nextWithDeliveries('');
  // As many as there are, and some that are deleted.
  for (let steps = 0; webhookId !== undefined && steps < 2 * WEBHOOKS_MAX; steps += 1) {
    if (!(await webhooks.find(webhookId)))
      for (let mayBeMore = true; mayBeMore && forgets < STATEMENTS_MAX; forgets += 1)
        mayBeMore = await webhooks.forget(webhookId, FORGOTTEN_TOGETHER);
    webhookId = await webhooks.nextWithDeliveries(webhookId);
  }
  for (const name of await readers.unmoved(READERS, 2 * WEBHOOKS_MAX)) {
    const of = name.slice(READERS.length);
    if (name === readerOf(of) && !(await webhooks.find(of))) await readers.remove(name);
  }
}
