import { ADMIN_KEY } from '../../../test/setup/rest-client';
import { ServiceProcess } from '../../../test/setup/service-process';
import { type ServiceSite, type SiteKind } from '../../../test/setup/service-sites';
import type { Operation } from '../description/operation';
import { readDescription } from '../description/read-description';
import { KnownValues } from '../generate/known-values';
import { Addresses } from '../generate/vocabulary';
import { ExpectedBooks } from '../oracles/expected-books';
import type { Finding } from '../oracles/finding';
import { judgeLog } from '../oracles/judge-log';
import { Secrets } from '../oracles/leaks';
import { Bookkeeper } from './bookkeeper';
import type { Door, FoundOnce, Round } from './door';
import { GrpcDoor } from './grpc-door';
import { addSpareShards, addWebhooks, knowDeliveries, openAccounts } from './opening';
import { RestDoor } from './rest-door';
import { SiteBooks } from './site-books';

const SHARDS = 2;
const ROUND = 4_000;
const QUIET = 120;
/** How often, and with how many requests, operations that have never succeeded are asked for alone. */
const LACKING_ROUNDS = 12;
const LACKING = 160;
/** Of a shorter run it does not count that an operation never succeeded: of some, one request in five does. */
const REQUESTS_EACH_MIN = 40;
const RESIDENT_MIB_MAX = 1_024;
/** A dozen files a database, and the connections. */
const OPEN_FILES_MAX = 400;

export interface FuzzOptions {
  readonly kind: SiteKind;
  readonly requests: number;
  readonly seed: number;
  /** One case again, `seed/path` as a finding names it. */
  readonly replay?: string | undefined;
  readonly print: (text: string) => void;
  /** Only this one; both by default, on the same books. */
  readonly door?: 'rest' | 'grpc' | undefined;
}

export interface FuzzReport {
  readonly store: string;
  readonly seed: number;
  readonly requests: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** How often each operation was answered with which status; 0 is no answer. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly neverSucceeded: readonly string[];
  readonly entries: number;
  readonly residentMib: number;
  readonly openFiles: number;
  readonly audit: string;
  readonly found: readonly FoundOnce[];
}

/** Starts the service on empty databases, fuzzes it, and proves its books in the end. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const site = await options.kind.make(SHARDS);
  try {
    return await fuzzOn(site, options);
  } finally {
    await site.drop();
  }
}

async function fuzzOn(site: ServiceSite, options: FuzzOptions): Promise<FuzzReport> {
  const addresses = new Addresses(site.folder);
  const service = await ServiceProcess.start({
    ...site,
    settings: {
      HOTSPLIT_LOG_LEVEL: 'info',
      HOTSPLIT_AUDIT_HOURS: '0',
      // Many requests carry no key, or a wrong one: none of them is to be held back.
      HOTSPLIT_ANONYMOUS_PER_SECOND: '1000000',
    },
  });
  const books = new SiteBooks(site, async () => (await service.rest.get('/metrics')).text);
  const crash = service.exit.then(({ code, signal }): never => {
    throw new Error(`the service ended (${code ?? signal}):\n${service.stderr.slice(-3_000)}`);
  });
  try {
    return await Promise.race([fuzzService({ site, service, books, addresses, options }), crash]);
  } finally {
    crash.catch(() => undefined);
    await books.close();
    await service.end('SIGTERM');
  }
}

interface Running {
  readonly site: ServiceSite;
  readonly service: ServiceProcess;
  readonly books: SiteBooks;
  readonly addresses: Addresses;
  readonly options: FuzzOptions;
}

async function fuzzService({ site, service, books, addresses, options }: Running): Promise<FuzzReport> {
  const { requests, seed, print, kind } = options;
  const { rest } = service;
  const secrets = new Secrets();
  for (const secret of [
    ADMIN_KEY,
    addresses.password,
    ...site.shards.filter((url) => url.startsWith('mysql:')),
  ])
    secrets.add(secret);
  const known = new KnownValues();
  const expected = new ExpectedBooks();
  const operations = readDescription((await rest.get('/openapi.json')).body).filter(
    ({ answers }) => !isStream(answers),
  );
  const webhookIds = await addWebhooks(rest);
  await openAccounts(rest, known, expected);
  await knowDeliveries(rest, webhookIds, known);
  // Where the directory is no file, no shard may be one.
  if (kind.mark === 'sqlite') await addSpareShards(rest, addresses, known, expected);
  const restDoor = new RestDoor({
    url: rest.url,
    key: ADMIN_KEY,
    operations,
    known,
    keeper: new Bookkeeper(known, expected, secrets),
    secrets,
    addresses,
    site: books,
    cpuMs: () => service.cpuMs,
    shown: shownBy(site),
  });
  const grpcDoor = new GrpcDoor({
    url: service.grpcUrl,
    key: ADMIN_KEY,
    known,
    expected,
    secrets,
    site: books,
  });
  const doors: readonly Door[] = [restDoor, grpcDoor].filter(
    ({ name }) => options.door === undefined || options.door === name,
  );
  const began = performance.now();
  const found: FoundOnce[] = [];
  const find = (findings: readonly Finding[]): void =>
    void found.push(...findings.map((finding) => ({ finding, reproduction: undefined })));
  let sent = 0;
  const [, caseSeed, casePath] = /^(-?\d+)\/(.*)$/.exec(options.replay ?? '') ?? [];
  if (caseSeed !== undefined && casePath !== undefined)
    found.push(...(await restDoor.replay(Number(caseSeed), casePath)));
  else {
    for (let round = 0; sent < requests; round += 1) {
      const size = Math.min(ROUND, requests - sent);
      const each = Math.ceil(size / doors.length);
      const loud = await Promise.all(doors.map((door) => door.run(each, seed + round)));
      const quiet: Round[] = [];
      for (const door of doors)
        quiet.push(await door.runQuietly(Math.min(QUIET, Math.ceil(each / 20)), seed + round));
      for (const came of [...loud, ...quiet]) {
        sent += came.requests;
        found.push(...came.found);
      }
      await books.atRest();
      find(expected.compare(await books.read()));
      print(
        `${sent} requests, ${Math.round((performance.now() - began) / 1_000)} s, ${found.length} findings`,
      );
      if (found.length > 0) break;
    }
    // That an operation had no luck among thousands says nothing of it; that it has none when it is asked for alone does.
    for (let round = 0; round < LACKING_ROUNDS && found.length === 0; round += 1)
      for (const door of doors) found.push(...(await door.runLacking(LACKING, seed + round)).found);
    await books.atRest();
    find(expected.compare(await books.read()));
  }
  const seconds = (performance.now() - began) / 1_000;
  const reports = doors.map((door) => door.report());
  const without = reports.flatMap(({ neverSucceeded }) => neverSucceeded);
  const counts = Object.assign({}, ...reports.map(({ counts }) => counts)) as FuzzReport['counts'];
  // One case alone proves nothing about the others.
  const neverSucceeded = options.replay === undefined ? without : [];
  if (found.length === 0 && !isThin(doors, sent))
    find(
      neverSucceeded.map((where): Finding => ({
        kind: 'never succeeded',
        where,
        detail: 'no request was answered with success',
      })),
    );
  find(await answersStill(service));
  const audit = await auditOf(service);
  if (audit !== 'balanced') find([{ kind: 'books differ', where: 'audit', detail: audit }]);
  const metrics = (await rest.get('/metrics')).text;
  find(judgeLog(service.stderr, metrics, secrets));
  const residentMib = Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]) / 2 ** 20;
  if (residentMib > RESIDENT_MIB_MAX)
    find([{ kind: 'slow', where: 'memory', detail: `${Math.round(residentMib)} MiB resident` }]);
  const openFiles = Number(/^process_open_fds (\S+)/m.exec(metrics)?.[1]);
  if (openFiles > OPEN_FILES_MAX)
    find([{ kind: 'slow', where: 'handles', detail: `${openFiles} files are open` }]);
  restDoor.close();
  grpcDoor.close();
  return {
    store: kind.mark,
    seed,
    requests: sent,
    seconds,
    requestsPerSecond: sent / seconds,
    counts,
    neverSucceeded,
    entries: expected.entryCount,
    residentMib,
    openFiles,
    audit,
    found,
  };
}

function isThin(doors: readonly Door[], sent: number): boolean {
  const operations = doors.reduce((sum, door) => sum + Object.keys(door.report().counts).length, 0);
  return sent < operations * REQUESTS_EACH_MIN;
}

/** Where the databases are is told to admins, as documented. */
function shownBy({ shards, folder }: ServiceSite): string[] {
  return [...shards.filter((url) => url.startsWith('sqlite:')), folder];
}

async function answersStill(service: ServiceProcess): Promise<Finding[]> {
  const began = service.cpuMs;
  const { status, text } = await service.rest.get('/readyz');
  const ms = service.cpuMs - began;
  if (status !== 200) return [{ kind: 'crash', where: 'readyz', detail: `${status} ${text}` }];
  return ms > 5_000
    ? [{ kind: 'slow', where: 'readyz', detail: `${Math.round(ms)} ms of processor time` }]
    : [];
}

async function auditOf({ rest }: ServiceProcess): Promise<string> {
  const { status, result, error } = await rest.ended(await rest.send('POST', '/v1/admin/audits'));
  if (status !== 'done' || !result) return `the audit failed: ${JSON.stringify(error)}`;
  return result['balanced'] === true ? 'balanced' : JSON.stringify(result['findings']).slice(0, 2_000);
}

/** A stream does not end by itself: whoever waits for its answer waits for ever. */
function isStream(answers: Operation['answers']): boolean {
  return Object.values(answers).some((content) => 'text/event-stream' in content);
}
