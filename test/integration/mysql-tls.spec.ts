import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createConnection } from 'mysql2/promise';
import { MysqlDatabase } from '../../src/shards/mysql/mysql-database';
import { MysqlHosts } from '../../src/shards/mysql/mysql-hosts';

interface Script {
  readonly startServers: (wanted: { mariadb: number; serverOptions: readonly string[] }) => Promise<{
    readonly servers: { readonly mariadb: readonly { readonly port: number }[] };
    readonly stop: () => Promise<void>;
  }>;
}

const tlsFile = (name: string): string => resolve(__dirname, '../setup/tls', name);

/** A server of its own, whose certificate names `localhost` and no address. */
describe('[mariadb] TLS to a database', () => {
  let port: number;
  let stop: () => Promise<void>;
  let folder: string;

  beforeAll(async () => {
    const file = resolve(__dirname, '../../scripts/servers/start-servers.mjs');
    const { startServers } = (await import(pathToFileURL(file).href)) as Script;
    const started = await startServers({
      mariadb: 1,
      serverOptions: [
        `--ssl-cert=${tlsFile('no-address.crt')}`,
        `--ssl-key=${tlsFile('no-address.key')}`,
        `--ssl-ca=${tlsFile('localhost.crt')}`,
      ],
    });
    ({ stop } = started);
    port = started.servers.mariadb[0]?.port ?? 0;
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-tls-'));
    const admin = await createConnection(`mysql://root@127.0.0.1:${port}`);
    await admin.query('CREATE DATABASE ledger');
    await admin.query(`CREATE USER tls@'%' REQUIRE SSL`);
    await admin.query(`CREATE USER certified@'%' REQUIRE X509`);
    await admin.query(`GRANT ALL ON ledger.* TO tls@'%', certified@'%'`);
    await admin.end();
  });

  afterAll(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const opened = async (url: string): Promise<MysqlDatabase> => {
    const database = new MysqlDatabase('s0', new MysqlHosts(url), 'shard', { connectionsMax: 2 });
    try {
      await database.open();
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  };
  const open = async (url: string): Promise<void> => {
    await (await opened(url)).close();
  };
  const url = (user: string, host: string, parameters: Record<string, string>): string =>
    `mysql://${user}@${host}:${port}/ledger?${new URLSearchParams(parameters).toString()}`;
  const trusted = { ssl: 'true', 'ssl-ca': tlsFile('no-address.crt') };
  const ownCertificate = { 'ssl-cert': tlsFile('localhost.crt'), 'ssl-key': tlsFile('localhost.key') };

  it('takes a certificate of the authority that it was given, for the name that it was given', async () => {
    await open(url('tls', 'localhost', trusted));
  });

  it('refuses a certificate that does not name the host', async () => {
    await expect(open(url('tls', '127.0.0.1', trusted))).rejects.toThrow(/127\.0\.0\.1/);
  });

  it('refuses a certificate of another authority', async () => {
    const others = { ssl: 'true', 'ssl-ca': tlsFile('another-ca.crt') };
    await expect(open(url('tls', 'localhost', others))).rejects.toThrow(/self.signed|certificate/i);
    await expect(open(url('tls', 'localhost', { ssl: 'true' }))).rejects.toThrow(/self.signed|certificate/i);
  });

  it('shows a certificate of its own', async () => {
    await open(url('certified', 'localhost', { ...trusted, ...ownCertificate }));
    await expect(open(url('certified', 'localhost', trusted))).rejects.toThrow('DATABASE_ACCESS_DENIED');
  });

  it('reads the authority again when its file has changed', async () => {
    const ca = join(folder, 'ca.crt');
    copyFileSync(tlsFile('another-ca.crt'), ca);
    const database = new MysqlDatabase(
      's0',
      new MysqlHosts(url('tls', 'localhost', { ssl: 'true', 'ssl-ca': ca })),
      'shard',
      { connectionsMax: 2 },
    );
    await expect(database.open()).rejects.toThrow(/self.signed|certificate/i);
    copyFileSync(tlsFile('no-address.crt'), ca);
    await database.open();
    await database.close();
  });
});
