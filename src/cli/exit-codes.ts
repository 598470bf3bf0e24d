/** What scripts may rely on. A signal ends with 128 plus its number, as shells expect. */
export const ExitCode = { done: 0, failed: 1, someRefused: 3, interrupted: 130, terminated: 143 } as const;

/** Of `hotsplit audit`, which has three things to say: what was not looked at is neither balanced nor not. */
export const AuditExitCode = { balanced: 0, notBalanced: 1, notCarriedOut: 2 } as const;

/** Of `hotsplit doctor`. */
export const DoctorExitCode = { well: 0, broken: 1, warnings: 3 } as const;

/** All of them, by the command that has a meaning of its own for them: the table in docs/cli.md is made from this. */
export const EXIT_CODES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'every command': {
    [ExitCode.done]: 'done',
    [ExitCode.failed]:
      'not done, or not understood; the error output says why, in one line, and perhaps what to do',
    [ExitCode.interrupted]: 'ended by SIGINT (Ctrl-C)',
    [ExitCode.terminated]: 'ended by SIGTERM',
  },
  replay: {
    [ExitCode.done]: 'every row was deducted, now or before; in a dry run, could be read',
    [ExitCode.failed]: 'it did not get to the end: run the same command again',
    [ExitCode.someRefused]: 'it got to the end, and some rows were rejected or could not be read',
  },
  audit: {
    [AuditExitCode.balanced]: 'every account is balanced',
    [AuditExitCode.notBalanced]: 'some are not',
    [AuditExitCode.notCarriedOut]: 'it could not be carried out, or not be understood',
  },
  'audit-log verify': {
    [ExitCode.done]: 'every line is as it was written',
    [ExitCode.failed]: 'one is not, or they could not be read',
  },
  demo: {
    [ExitCode.done]: 'the audit at its end found every account balanced, whatever ended it',
    [ExitCode.failed]: 'it did not, or the service did not start or go on',
  },
  doctor: {
    [DoctorExitCode.well]: 'all is well',
    [DoctorExitCode.broken]: 'something is broken, or could not be asked',
    [DoctorExitCode.warnings]: 'there are warnings only',
  },
  health: {
    [ExitCode.done]: 'the service is ready',
    [ExitCode.failed]: 'it is not, or does not answer',
  },
  restore: {
    [ExitCode.done]: 'restored; with --verify, and balanced',
    [ExitCode.failed]: 'not restored; with --verify, or not balanced',
  },
};
