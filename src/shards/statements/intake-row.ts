import type { IntakeRecord, IntakeState, RejectionReason } from '../../ledger/intake';
import type { Screened, Screener, Verdict } from '../../ledger/screened';
import { type Cell, exact, hex, integer, text, textOrNull } from '../database';

export const INTAKE_COLUMNS =
  'account_id, request_id, attempt, state, amount, sub_account, fingerprint, reference, metadata, received_at_us, since_us, ' +
  'reason, screening_verdict, screened_by, screening_reason, budgets';

/** Reads a row selected as `INTAKE_COLUMNS`. */
export function toIntake(row: readonly Cell[]): IntakeRecord {
  const budgets = textOrNull(row[15] ?? null);
  return {
    accountId: text(row[0]),
    requestId: text(row[1]),
    attempt: integer(row[2]),
    state: text(row[3]) as IntakeState,
    amountMinor: exact(row[4]),
    subAccount: integer(row[5]),
    fingerprint: hex(row[6]),
    reference: textOrNull(row[7] ?? null),
    metadata: textOrNull(row[8] ?? null),
    receivedAtUs: integer(row[9]),
    sinceUs: integer(row[10]),
    reason: textOrNull(row[11] ?? null) as RejectionReason | null,
    screening: toScreened(row.slice(12)),
    ...(budgets !== null && { budgets: budgets.split(' ') }),
  };
}

/** The value of the last of `INTAKE_COLUMNS`. */
export function namedBudgets({ budgets }: IntakeRecord): string | null {
  return budgets ? budgets.join(' ') : null;
}

function toScreened([verdict, by, reason]: readonly Cell[]): Screened | null {
  const said = textOrNull(verdict ?? null);
  if (said === null) return null;
  return { verdict: said as Verdict, by: text(by) as Screener, reason: textOrNull(reason ?? null) };
}
