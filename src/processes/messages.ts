import type { Notice } from '../platform/notices';
import type { MetricValues } from './metrics-sum';

/** What a worker says to its primary. */
export type FromWorker =
  /** It listens; what to print of where. */
  | { readonly kind: 'serving'; readonly addresses: readonly string[] }
  /** It ends before it served, for a reason that an operator can mend or read. */
  | { readonly kind: 'refused'; readonly told: string }
  | { readonly kind: 'notice'; readonly notice: Notice }
  | { readonly kind: 'alive' }
  /** Somebody asked it for the metrics, and wants those of all. */
  | { readonly kind: 'sumWanted'; readonly ask: number }
  | { readonly kind: 'metrics'; readonly look: number; readonly metrics: MetricValues };

/** What the primary says to a worker. */
export type FromPrimary =
  | { readonly kind: 'stop' }
  /** Whether its event loop turns. */
  | { readonly kind: 'aliveWanted' }
  | { readonly kind: 'notice'; readonly notice: Notice }
  | { readonly kind: 'metricsWanted'; readonly look: number }
  | { readonly kind: 'sum'; readonly ask: number; readonly text: string };
