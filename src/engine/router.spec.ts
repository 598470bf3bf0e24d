import { accountRecord } from '../../test/models/account-record';
import { type Home, routeRequest } from '../ledger/routing';
import type { AccountRecord } from '../shards/directory/account-record';
import { type PlainRequest, routeToHome } from './router';

const ACCOUNT = accountRecord({ subAccounts: 5, placement: { epoch: 7, shards: ['east', 'west'] } });

describe('routeToHome', () => {
  test.each(['a', 'b', 'c', 'd'])(
    'sends request %s to its home, with all that the user sent and the epoch it was routed by',
    (requestId) => {
      const { shard, command } = routeToHome(request({ requestId }), ACCOUNT, { newId: () => 'none' });
      const home = routeRequest(requestId, ACCOUNT.placement, ACCOUNT.subAccounts);
      expect(shard).toBe(home.shard);
      expect(command).toEqual({ ...request({ requestId }), subAccount: home.subAccount, epoch: 7 });
    },
  );

  test('tells a credit of every other shard, which row there takes its share, and for how many it counts', () => {
    const account = accountRecord({
      subAccounts: 8,
      placement: { epoch: 7, shards: ['east', 'west', 'north'] },
    });
    for (const [requestId, home] of requestsAtEveryRow(account)) {
      const { command } = routeToHome(request({ kind: 'credit', requestId }), account, {
        newId: () => 'once',
      });
      const rows = { east: 3, west: 3, north: 2 };
      const turn = Math.floor(home.subAccount / 3);
      const all = [
        { shard: 'east', subAccount: 3 * turn, rows: 3 },
        { shard: 'west', subAccount: 3 * turn + 1, rows: 3 },
        { shard: 'north', subAccount: 3 * Math.min(turn, 1) + 2, rows: 2 },
      ];
      expect(command).toMatchObject({
        subAccount: home.subAccount,
        spreadOver: all.filter(({ shard }) => shard !== home.shard),
        homeRows: rows[home.shard as keyof typeof rows],
        spreadId: 'once',
      });
    }
  });

  test('names no shares of a credit that sends none: too small for every sub-account, or on one shard', () => {
    const never = (): string => {
      throw new Error('no id is needed');
    };
    const onOne = accountRecord({ subAccounts: 5, placement: { epoch: 1, shards: ['east'] } });
    for (const [account, amountMinor] of [
      [ACCOUNT, 4n],
      [onOne, 100n],
    ] as const)
      expect(
        routeToHome(request({ kind: 'credit', amountMinor }), account, { newId: never }).command,
      ).toMatchObject({
        spreadOver: [],
      });
  });
});

/** A request for each row of an account, with its home. */
function requestsAtEveryRow(account: AccountRecord): Map<string, Home> {
  const homes = new Map<number, [string, Home]>();
  for (let n = 0; homes.size < account.subAccounts; n += 1) {
    const home = routeRequest(`r${n}`, account.placement, account.subAccounts);
    homes.set(home.subAccount, [`r${n}`, home]);
  }
  return new Map(homes.values());
}

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
