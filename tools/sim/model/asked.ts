/** What a client asked for, as the model remembers it. */
export interface Asked {
  readonly kind: 'deduct' | 'credit' | 'hold' | 'pay';
  readonly accountId: string;
  readonly requestId: string;
  readonly amountMinor: bigint;
  readonly fingerprint: string;
  /** Of a hold: how long it may stand, by its shard's clock. */
  readonly expiresInUs?: number;
  /** Of a payment: the account that is to be paid. */
  readonly payee?: string;
  /** Of a deduction or a hold: the budgets that it names. */
  readonly budgets?: readonly string[];
  /** Of a payment that cannot be: what is wrong with that account. */
  readonly payeeIs?: 'missing' | 'itself' | 'of another asset';
}

/** What an account that is to be paid may be at an instant of a call, so that it is not paid. */
export type PayeeWas = 'frozen' | 'closed' | 'full';

/** A call that has not ended, and what was true at some instant of it. */
export interface OpenCall {
  readonly asked: Asked;
  readonly sinceMs: number;
  /** Its key had taken effect before it began. */
  readonly tookEffectBefore: boolean;
  /** No other call of its key was under way at any time of it, nor may an earlier one still take effect. */
  isAlone: boolean;
  /** At some instant the account had less than it asks for, and its key had not taken effect. */
  wasShort: boolean;
  wasFrozen: boolean;
  wasClosed: boolean;
  /** Of a payment: what the account that is to be paid was at some instant. */
  readonly payeeWas: Set<PayeeWas>;
  /** Of a call with budgets: those that had too little for it at some instant. */
  readonly shortBudgets: Set<string>;
}

export function openCall(
  asked: Asked,
  at: { readonly sinceMs: number; readonly tookEffectBefore: boolean },
): OpenCall {
  return {
    ...at,
    asked,
    isAlone: true,
    wasShort: false,
    wasFrozen: false,
    wasClosed: false,
    payeeWas: new Set(),
    shortBudgets: new Set(),
  };
}
