import type { Dashboard } from './dashboard';
import { events } from './events';
import { instance } from './instance';
import { intake } from './intake';
import { overview } from './overview';
import { shard } from './shard';

export const DASHBOARDS: readonly Dashboard[] = [overview, shard, intake, events, instance];
