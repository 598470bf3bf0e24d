/** What scripts may rely on. A signal ends with 128 plus its number, as shells expect. */
export const ExitCode = { done: 0, failed: 1, someRefused: 3 } as const;

/** Of `hotsplit audit`, which has three things to say: what was not looked at is neither balanced nor not. */
export const AuditExitCode = { balanced: 0, notBalanced: 1, notCarriedOut: 2 } as const;
