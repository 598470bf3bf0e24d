/** What scripts may rely on. A signal ends with 128 plus its number, as shells expect. */
export const ExitCode = { done: 0, failed: 1, someRefused: 3 } as const;
