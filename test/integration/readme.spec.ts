import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const README = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');
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
describe('[sqlite] the first deduction of the README', () => {
  let site: ServiceSite;
  let service: TestService;

  beforeAll(async () => {
    site = await sqliteSites.make(4);
    service = await startTestService(site);
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  it('goes as it is told there, line by line', async () => {
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
    const body = /-d '([^']*)'/.exec(command[0])?.[1];
    return [{ method: body === undefined ? 'GET' : 'POST', path: `/v1${command[1] ?? ''}`, body, answer }];
  });
}

function withoutVolatile(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, each: unknown) => (VOLATILE.has(name) ? undefined : each)));
}
