/** What to send, to see a call at work: shown with the call at /docs, where it can be sent as it is. */
export interface Example {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const advertiser = { accountId: 'advertiser-7' };

/**
 * Examples by the names of their calls. Sent in this order to a new service, each is answered with success (a test does that); those
 * that mean what only a service can name, such as an operation, are not among them.
 */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  createAccount: { body: { id: 'advertiser-7', asset: 'USD/2', subAccounts: 8, initialBalance: '100000' } },
  listAccounts: { query: { limit: '10' } },
  getAccount: { path: advertiser },
  updateAccount: { path: advertiser, body: { lowBalance: '5000', metadata: { tier: 'gold' } } },
  credit: { path: advertiser, body: { amount: '50000', requestId: 'top-up-1', reference: 'invoice 17' } },
  deduct: {
    path: advertiser,
    body: { amount: '250', requestId: 'click-1', reference: 'banner 42', metadata: { campaign: 'spring' } },
  },
  getDeduction: { path: { ...advertiser, requestId: 'click-1' } },
  reverse: {
    path: { ...advertiser, requestId: 'click-1' },
    body: { amount: '100', requestId: 'refund-1', reference: 'complaint 3' },
  },
  reverseCredit: {
    path: { ...advertiser, requestId: 'top-up-1' },
    body: { amount: '10000', requestId: 'chargeback-1', reference: 'dispute 8' },
  },
  batchDeduct: {
    body: {
      items: [
        { accountId: 'advertiser-7', amount: '30', requestId: 'click-2' },
        { accountId: 'advertiser-7', amount: '45', requestId: 'click-3', reference: 'banner 43' },
      ],
    },
  },
  hold: { path: advertiser, body: { amount: '4000', requestId: 'ride-1', expiresInSeconds: 3600 } },
  getHold: { path: { ...advertiser, holdId: 'ride-1' } },
  listHolds: { path: advertiser, query: { status: 'held' } },
  raiseHold: { path: { ...advertiser, holdId: 'ride-1' }, body: { amount: '5000' } },
  extendHold: { path: { ...advertiser, holdId: 'ride-1' }, body: { expiresInSeconds: 7200 } },
  confirmHold: { path: { ...advertiser, holdId: 'ride-1' }, body: { amount: '2500' } },
  cancelHold: { path: { ...advertiser, holdId: 'ride-2' } },
  batchHold: { body: { items: [{ accountId: 'advertiser-7', amount: '500', requestId: 'ride-3' }] } },
  batchConfirmHold: { body: { items: [{ accountId: 'advertiser-7', holdId: 'ride-3' }] } },
  transfer: { body: { from: 'advertiser-7', to: 'publisher-1', amount: '1000', requestId: 'payout-1' } },
  getBalance: { path: advertiser, query: { consistency: 'current' } },
  listEntries: { path: advertiser, query: { limit: '10' } },
  getEntry: { path: { ...advertiser, requestId: 'click-1' } },
  getSummary: { path: advertiser, query: { period: 'day', timeZone: 'UTC' } },
  getStatement: { path: advertiser, query: { limit: '10' } },
  listEvents: { query: { cursor: 'oldest', limit: '10' } },
  freezeAccount: { path: advertiser },
  unfreezeAccount: { path: advertiser },
  listSubAccounts: { path: advertiser },
  resizeSubAccounts: { path: advertiser, body: { count: 16 } },
  rebalance: { path: advertiser },
  repairAccount: { path: advertiser },
  setStrategy: { path: advertiser, body: { strategy: 'merged' } },
  listOperations: { query: { limit: '10' } },
  listAuditLog: { query: { limit: '10' } },
  createKey: { body: { name: 'billing', scopes: ['read', 'deduct'], accounts: ['advertiser-'] } },
  listKeys: { query: { limit: '10' } },
};
