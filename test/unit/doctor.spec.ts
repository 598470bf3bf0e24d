import { judgeClock } from '../../src/doctor/judge-clocks';
import { judgeIdentities } from '../../src/doctor/judge-identities';
import { judgeServer, type ServerFacts } from '../../src/doctor/judge-server';

const facts = (
  variables: Readonly<Record<string, string>>,
  others: Partial<ServerFacts> = {},
): ServerFacts => ({
  version: '8.4.6',
  variables: new Map(Object.entries(variables)),
  status: new Map(),
  hosts: 1,
  isLocal: true,
  sessionsOfAnInstance: 30,
  ...others,
});

const stateOf = (id: string, given: ServerFacts): string | undefined =>
  judgeServer(given).find((verdict) => verdict.id === id)?.state;

describe('what hotsplit doctor makes of a server', () => {
  it.each([
    ['version', '5.7.44', 'broken'],
    ['version', '8.0.36', 'ok'],
    ['version', '9.7.4', 'ok'],
    ['version', '10.5.28-MariaDB', 'broken'],
    ['version', '10.6.1-MariaDB', 'ok'],
    ['version', '11.8.2-MariaDB-log', 'ok'],
  ])('%s %s is %s', (id, version, state) => {
    expect(stateOf(id, facts({}, { version }))).toBe(state);
  });

  it('takes MIXED on MariaDB, and there only', () => {
    const variables = { log_bin: 'ON', binlog_format: 'MIXED' };
    expect(stateOf('binary-log-format', facts(variables))).toBe('broken');
    expect(stateOf('binary-log-format', facts(variables, { version: '10.11.6-MariaDB' }))).toBe('ok');
  });

  it('finds semi-synchronous replication that falls back, in the words of either server', () => {
    for (const prefix of ['rpl_semi_sync_source', 'rpl_semi_sync_master']) {
      const variables = {
        [`${prefix}_enabled`]: 'ON',
        [`${prefix}_timeout`]: '10000',
        [`${prefix}_wait_point`]: 'AFTER_COMMIT',
      };
      expect(stateOf('semi-synchronous', facts(variables))).toBe('broken');
      expect(stateOf('semi-synchronous-point', facts(variables))).toBe('broken');
    }
    expect(stateOf('semi-synchronous', facts({ rpl_semi_sync_source_enabled: 'OFF' }))).toBeUndefined();
  });

  it('finds a cluster that is not whole, and a URL that names one node of it', () => {
    const cluster = (state: string, size: string): ServerFacts =>
      facts(
        {},
        {
          status: new Map([
            ['wsrep_local_state_comment', state],
            ['wsrep_cluster_status', 'Primary'],
            ['wsrep_cluster_size', size],
          ]),
        },
      );
    expect(stateOf('galera', cluster('Donor/Desynced', '3'))).toBe('broken');
    expect(stateOf('galera', cluster('Synced', '2'))).toBe('warning');
    expect(stateOf('cluster-hosts', cluster('Synced', '3'))).toBe('warning');
  });

  it('lets plain text pass on this machine only, and lets a node of several be a secondary', () => {
    expect(stateOf('transport', facts({}, { isLocal: false }))).toBe('warning');
    expect(stateOf('transport', facts({}))).toBe('ok');
    expect(stateOf('writable', facts({ read_only: 'ON' }, { hosts: 3 }))).toBe('ok');
    expect(stateOf('writable', facts({ super_read_only: '1' }))).toBe('broken');
  });
});

describe('what hotsplit doctor makes of clocks', () => {
  it.each([
    [900, 100, 'ok'],
    [-1_500, 100, 'warning'],
    [1_500, 2_000, 'ok'],
    [90_000, 100, 'broken'],
  ])('%d ms ahead, read within %d ms, is %s', (aheadMs, roundTripMs, state) => {
    expect(judgeClock({ target: 'a', aheadMs, roundTripMs }).state).toBe(state);
  });
});

describe('what hotsplit doctor makes of identities', () => {
  const own = (name: string, incarnation = `i-${name}`) => ({ name, clusterId: 'c', incarnation });
  const directory = {
    clusterId: 'c',
    shards: ['a', 'b'].map((name) => ({ name, incarnation: `i-${name}`, hasUrl: false })),
  };
  const wrong = (...args: Parameters<typeof judgeIdentities>): string[] =>
    judgeIdentities(...args)
      .filter(({ state }) => state !== 'ok')
      .map(({ target, id, state }) => `${target} ${id} ${state}`);

  it('is content with what the directory knows', () => {
    const found = ['a', 'b'].map((name) => ({ shard: name, place: name, identity: own(name) }));
    expect(wrong(found, directory)).toEqual([]);
  });

  it('finds what is empty, another one, of another installation, restored alone, missing, or only registered', () => {
    const a = { shard: 'a', place: 'a' };
    const b = { shard: 'b', place: 'b', identity: own('b') };
    expect(wrong([{ ...a, identity: undefined }, b], directory)).toEqual(['a identity broken']);
    expect(wrong([{ ...a, identity: own('b') }, b], directory)).toEqual(['a identity broken']);
    expect(wrong([{ ...a, identity: { ...own('a'), clusterId: 'x' } }, b], directory)).toEqual([
      'a identity broken',
    ]);
    expect(wrong([{ ...a, identity: own('a', 'restored') }, b], directory)).toEqual(['a identity broken']);
    expect(wrong([b], directory)).toEqual(['directory shard-in-settings broken']);
    const registered = {
      ...directory,
      shards: directory.shards.map((shard) => ({ ...shard, hasUrl: true })),
    };
    expect(wrong([b], registered)).toEqual(['directory shard-in-settings warning']);
    expect(wrong([{ ...a, identity: 'unread' }, b], directory)).toEqual(['a identity unknown']);
    // HOTSPLIT_DIRECTORY is forgotten, and the first shard taken for the directory.
    expect(wrong([b], { clusterId: undefined, shards: [] })).toEqual(['b identity broken']);
    expect(wrong([{ ...a, identity: undefined }], { clusterId: undefined, shards: [] })).toEqual([]);
  });
});
