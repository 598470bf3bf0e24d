import { accountRecord } from '../../test/models/account-record';
import { routeRequest } from '../ledger/routing';
import { type PlainRequest, routeToHome } from './router';

const ACCOUNT = accountRecord({ subAccounts: 5, placement: { epoch: 7, shards: ['east', 'west'] } });

describe('routeToHome', () => {
  test.each(['a', 'b', 'c', 'd'])(
    'sends request %s to its home, with all that the user sent and the epoch it was routed by',
    (requestId) => {
      const { shard, command } = routeToHome(request({ requestId }), ACCOUNT);
      const home = routeRequest(requestId, ACCOUNT.placement, ACCOUNT.subAccounts);
      expect(shard).toBe(home.shard);
      expect(command).toEqual({ ...request({ requestId }), subAccount: home.subAccount, epoch: 7 });
    },
  );

  test('tells a credit of every other sub-account, and where it lives', () => {
    const { command } = routeToHome(request({ kind: 'credit' }), ACCOUNT);
    const { subAccount: home } = routeRequest('r1', ACCOUNT.placement, ACCOUNT.subAccounts);
    const everyone = ['east', 'west', 'east', 'west', 'east'].map((shard, subAccount) => ({
      shard,
      subAccount,
    }));
    expect(command).toMatchObject({
      kind: 'credit',
      subAccount: home,
      spreadOver: everyone.filter((each) => each.subAccount !== home),
    });
  });
});

function request(given: Partial<PlainRequest> = {}): PlainRequest {
  return {
    kind: 'deduct',
    accountId: 'acme',
    requestId: 'r1',
    amountMinor: 10n,
    fingerprint: 'what r1 asks for',
    reference: 'inv-7',
    metadata: '{"a":"b"}',
    ...given,
  };
}
