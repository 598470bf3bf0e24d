import type { VelocityLimits } from './velocity';

/** What becomes of a charge that the service could not judge. */
export const FAILURE_POLICIES = ['pass', 'wait', 'reject'] as const;

export type FailurePolicy = (typeof FAILURE_POLICIES)[number];

export interface ScreeningSettings {
  readonly onFailure: FailurePolicy;
  /** How long one call may take, from its first byte to the last of its answer. */
  readonly callMsMax: number;
  /** Charges asked about in one call. */
  readonly itemsMax: number;
  /** Calls under way at once. */
  readonly callsMax: number;
  /** Charges that may wait to be asked about. */
  readonly depthMax: number;
  /** What has waited for a verdict for longer than this since it was received is rejected. */
  readonly waitMsMax: number;
  /** The built-in rule; nothing is counted without it. */
  readonly velocity?: VelocityLimits | undefined;
}

export const SCREENING_SETTINGS: ScreeningSettings = {
  onFailure: 'wait',
  callMsMax: 200,
  itemsMax: 200,
  callsMax: 8,
  depthMax: 20_000,
  waitMsMax: 24 * 3_600_000,
};
