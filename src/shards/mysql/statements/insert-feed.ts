import type { NewFeedRow } from '../../feed/feed-row';
import { UNGUARDED } from './guard';
import { literal } from './literal';

/** See `insertFeedRow`; as text, for the trip that writes a batch. */
export function insertFeed({ createdAtUs, changes }: NewFeedRow, guard = UNGUARDED): string {
  return `INSERT INTO feed (created_at_us, changes) VALUES (${guard(String(createdAtUs))},${literal(changes)})`;
}
