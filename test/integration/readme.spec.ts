import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { run } from '../../src/cli/program';
import { processSurroundings } from '../../src/cli/surroundings';
import { ADMIN_KEY } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const REPOSITORY = join(__dirname, '..', '..');
const README = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
const TOUR = readFileSync(join(REPOSITORY, 'docs', 'tour.md'), 'utf8');
/** Of every run their own. Where an entry lies is told by its id: the document's shards and sub-accounts are compared. */
const VOLATILE = new Set(['createdAt', 'asOf']);

interface Shown {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  /** The block behind the command. */
  readonly answer: string;
}

/** What the README shows of the REST API is what the service answers. */
describe('[sqlite] the first ten minutes', () => {
  let site: ServiceSite;
  let service: TestService;
  let folder: string;

  beforeAll(async () => {
    site = await sqliteSites.make(4);
    service = await startTestService(site);
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-readme-'));
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
    rmSync(folder, { recursive: true });
  });

  it('of the README with curl go as they are told there, line by line', async () => {
    const commands = shownIn(README);
    expect(commands.length).toBeGreaterThanOrEqual(5);
    for (const { method, path, body, answer } of commands) {
      const given = await service.rest.send(method, path, body === undefined ? {} : { raw: body });
      const [statusLine = '', json = ''] = answer.startsWith('HTTP/')
        ? [answer.split('\n')[0], answer.split('\n\n')[1]]
        : ['HTTP/1.1 20', answer];
      expect(`HTTP/1.1 ${given.status}`).toContain(/^HTTP\/1\.1 \d+/.exec(statusLine)?.[0]);
      expect(withoutVolatile(given.body)).toEqual(withoutVolatile(JSON.parse(json)));
    }
  });

  it.each([
    ['the README', README, 20],
    ['the tour', TOUR, 14],
  ])('of %s with the command line go to their end', async (_page, markdown, countMin) => {
    const commands = commandsIn(markdown);
    expect(commands.length).toBeGreaterThanOrEqual(countMin);
    for (const args of commands) {
      const err = new PassThrough();
      const exitCode = await run(args.map(here), {
        ...processSurroundings(),
        out: new PassThrough().resume(),
        err,
        env: { HOTSPLIT_URL: service.rest.url, HOTSPLIT_KEY: ADMIN_KEY },
      });
      const said: unknown = err.read();
      expect([args.join(' '), exitCode, exitCode === 0 ? '' : String(said)]).toEqual([args.join(' '), 0, '']);
    }
  });

  /** What stands there of this checkout, as it is in this test; and a log of a size for tests. */
  function here(word: string): string {
    if (/^charges\.csv/.test(word)) return join(folder, word);
    return word.replace('$PWD/data', site.folder).replace(/^100000$/, '5000');
  }
});

/** The `curl` commands of the document that an answer stands behind, in their order. */
function shownIn(markdown: string): Shown[] {
  const blocks = [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language,
    text,
  }));
  return blocks.flatMap(({ language, text = '' }, at) => {
    const command = /^curl .*?\$API(\S*).*$/ms.exec(text);
    const answer = blocks[at + 1]?.text?.trim();
    if (language !== 'sh' || !command || answer === undefined) return [];
    // What does not end, such as a stream of events, has a spec of its own.
    if (/^curl -\w*N/.test(command[0])) return [];
    const body = /-d '([^']*)'/.exec(command[0])?.[1];
    return [{ method: body === undefined ? 'GET' : 'POST', path: `/v1${command[1] ?? ''}`, body, answer }];
  });
}

/** Those that a test can run: a demo and `top` have no end, and completions are no commands. */
function commandsIn(markdown: string): string[][] {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);
  return blocks
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => {
      const [, said] = /^npx hotsplit (.*?)(?:\s{2,}#.*|\s#\s.*)?$/.exec(line) ?? [];
      if (said === undefined || /^(?:demo|top|completion)\b/.test(said)) return [];
      return [[...said.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain)];
    });
}

function withoutVolatile(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, each: unknown) => (VOLATILE.has(name) ? undefined : each)));
}
