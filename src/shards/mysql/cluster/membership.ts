/** What a server says of the cluster that it is a node of. */
export interface Membership {
  readonly kind: 'galera' | 'group';
  /** The name that this node goes by among the members. */
  readonly self: string;
  /** Whether it may write now: a member that is in sync, of the part of the cluster that has the majority. */
  readonly writable: boolean;
  /** Why not, in words. */
  readonly state: string;
  /** The nodes that may be written through, this one among them. One that is missing here cannot commit any more. */
  readonly writers: readonly string[];
}

/**
 * What tells a server that stands alone from a node of a cluster. Anybody may read both, and what does not exist on a server is
 * missing from the answer.
 */
export const CLUSTER_VARIABLES = `SHOW VARIABLES WHERE Variable_name IN
  ('wsrep_on', 'wsrep_node_incoming_address', 'group_replication_group_name', 'server_uuid')`;

export const GALERA_STATUS = `SHOW STATUS WHERE Variable_name IN
  ('wsrep_ready', 'wsrep_cluster_status', 'wsrep_local_state_comment', 'wsrep_local_index', 'wsrep_incoming_addresses')`;

export const GROUP_MEMBERS = `SELECT MEMBER_ID, MEMBER_STATE, MEMBER_ROLE
  FROM performance_schema.replication_group_members`;

export function clusterKind(variables: ReadonlyMap<string, string>): Membership['kind'] | undefined {
  if (variables.get('wsrep_on') === 'ON') return 'galera';
  // Named only where the plugin is loaded; empty where it is loaded and not set up.
  return variables.get('group_replication_group_name') ? 'group' : undefined;
}

/** @returns undefined when the nodes' addresses do not tell them apart */
export function galeraMembership(status: ReadonlyMap<string, string>): Membership | undefined {
  const addresses = (status.get('wsrep_incoming_addresses') ?? '').split(',');
  const self = addresses[Number(status.get('wsrep_local_index'))];
  const ready = status.get('wsrep_ready') === 'ON' && status.get('wsrep_cluster_status') === 'Primary';
  const state = `${status.get('wsrep_cluster_status')}, ${status.get('wsrep_local_state_comment')}`;
  if (!ready) return { kind: 'galera', self: self ?? '', writable: false, state, writers: [] };
  if (!self || addresses.some((each) => !/^.+:\d+$/.test(each))) return undefined;
  if (new Set(addresses).size < addresses.length) return undefined;
  return { kind: 'galera', self, writable: true, state, writers: addresses };
}

/** @param members id, state and role of each, as the node sees them */
export function groupMembership(self: string, members: readonly (readonly string[])[]): Membership {
  const [, state = 'no member', role = ''] = members.find(([id]) => id === self) ?? [];
  const unreachable = members.filter(([, each]) => each === 'UNREACHABLE').length;
  const hasMajority = unreachable * 2 < members.length;
  return {
    kind: 'group',
    self,
    writable: state === 'ONLINE' && role === 'PRIMARY' && hasMajority,
    state: hasMajority ? `${state}, ${role}` : `${state}, ${role}, without a majority`,
    // A member that is unreachable may still be expelled or come back: it counts until it is gone.
    writers: members.filter(([, , each]) => each === 'PRIMARY').map(([id]) => id as string),
  };
}
