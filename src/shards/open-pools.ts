/** How the sessions of one pool are used now. */
export interface PoolFigures {
  /** The shard, or the directory. */
  readonly database: string;
  readonly use: PoolUse;
  readonly inUse: number;
  readonly idle: number;
  /** Callers that wait for a session. */
  readonly waiting: number;
  readonly max: number;
}

/** What the sessions of a pool are for. */
export type PoolUse = 'batches' | 'deductions' | 'statements';

/** The pools of an installation that are open. A pool comes and goes by itself. */
export type OpenPools = Set<{ readonly figures: PoolFigures }>;
