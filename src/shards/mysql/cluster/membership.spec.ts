import { clusterKind, galeraMembership, groupMembership } from './membership';
import { judgeWriter } from './writer-mark';

describe('what a server is', () => {
  test.each([
    ['a server that stands alone', {}, undefined],
    ['MariaDB without a cluster', { wsrep_on: 'OFF' }, undefined],
    ['a Galera node', { wsrep_on: 'ON' }, 'galera'],
    ['MySQL with the plugin and no group', { group_replication_group_name: '', server_uuid: 'a' }, undefined],
    ['a member of a group', { group_replication_group_name: 'g', server_uuid: 'a' }, 'group'],
  ])('%s', (_what, variables, kind) => {
    expect(clusterKind(new Map(Object.entries(variables)))).toBe(kind);
  });
});

describe('a Galera node', () => {
  const status = (given: Record<string, string> = {}) =>
    galeraMembership(
      new Map(
        Object.entries({
          wsrep_ready: 'ON',
          wsrep_cluster_status: 'Primary',
          wsrep_local_state_comment: 'Synced',
          wsrep_local_index: '1',
          wsrep_incoming_addresses: 'h1:3306,h2:3306,h3:3306',
          ...given,
        }),
      ),
    );

  test('goes by its address among the members', () => {
    expect(status()).toMatchObject({
      self: 'h2:3306',
      writable: true,
      writers: ['h1:3306', 'h2:3306', 'h3:3306'],
    });
  });

  test.each([
    ['is not in sync', { wsrep_ready: 'OFF' }],
    ['has no majority', { wsrep_cluster_status: 'non-Primary' }],
  ])('may not write when it %s', (_why, given) => {
    expect(status(given)?.writable).toBe(false);
  });

  test.each(['h1:3306,,h3:3306', 'h1:3306,h1:3306,h3:3306', 'AUTO,AUTO,AUTO', ''])(
    'is told from no other by "%s"',
    (wsrep_incoming_addresses) => {
      expect(status({ wsrep_incoming_addresses })).toBeUndefined();
    },
  );
});

describe('a member of a group', () => {
  test.each([
    [
      'the primary',
      [
        ['me', 'ONLINE', 'PRIMARY'],
        ['b', 'ONLINE', 'SECONDARY'],
      ],
      true,
    ],
    [
      'a secondary',
      [
        ['me', 'ONLINE', 'SECONDARY'],
        ['b', 'ONLINE', 'PRIMARY'],
      ],
      false,
    ],
    [
      'one that recovers',
      [
        ['me', 'RECOVERING', 'PRIMARY'],
        ['b', 'ONLINE', 'PRIMARY'],
      ],
      false,
    ],
    [
      'one that lost the majority',
      [
        ['me', 'ONLINE', 'PRIMARY'],
        ['b', 'UNREACHABLE', 'SECONDARY'],
      ],
      false,
    ],
    ['one that left', [['me', 'OFFLINE', '']], false],
  ])('%s', (_what, members, writable) => {
    expect(groupMembership('me', members).writable).toBe(writable);
  });
});

describe('through which node a database is written', () => {
  const membership = { kind: 'galera', self: 'b', writable: true, state: '', writers: ['a', 'b'] } as const;

  test.each([
    ['by the marked node', membership, 'b', 'writer'],
    ['not by another while the marked one is a member', membership, 'a', 'elsewhere'],
    ['by another once the marked one has left', membership, 'gone', 'mayTakeOver'],
    ['by whoever comes first', membership, '', 'mayTakeOver'],
    ['never by one that may not write', { ...membership, writable: false }, 'b', 'notWritable'],
  ])('%s', (_what, seen, node, verdict) => {
    expect(judgeWriter(seen, { node, term: 1 })).toBe(verdict);
  });
});
