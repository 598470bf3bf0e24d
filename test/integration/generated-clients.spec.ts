import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { containing } from '../setup/matching';
import { ADMIN_KEY } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const ROOT = resolve(__dirname, '../..');
const DOCS = join(ROOT, 'docs');

/** By the folder of its example: the shell commands that stand below the link to it. */
const RECIPES = new Map(
  [
    ...readFileSync(join(DOCS, 'grpc.md'), 'utf8').matchAll(/\(examples\/(\w+)\).*?^```sh\n(.*?)^```$/gms),
  ].map(([, name = '', commands = '']) => [name, commands]),
);

it('docs/grpc.md has a recipe for each example', () => {
  expect([...RECIPES.keys()]).toEqual(['go', 'python', 'java', 'openapi']);
});

// They download plugins and libraries for minutes.
const describeWanted = process.env['HOTSPLIT_TEST_CODEGEN'] === '1' ? describe : describe.skip;

describeWanted('[codegen] a client that is generated', () => {
  let site: ServiceSite;
  let service: TestService;

  beforeAll(async () => {
    site = await sqliteSites.make(1);
    service = await startTestService(site);
    await service.rest.createAccount({ id: 'advertiser-7', initialBalance: 100_000 });
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  it.each(['go', 'python', 'java', 'openapi'])('for %s makes a deduction', async (language) => {
    const folder = mkdtempSync(join(tmpdir(), `hotsplit-${language}-`));
    try {
      cpSync(join(DOCS, 'examples', language), folder, { recursive: true });
      const { exitCode, output } = await runRecipe(RECIPES.get(language) ?? '', folder);
      expect([exitCode, output]).toEqual([0, containing(`from-${language} 250\n`)]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const found = await service.rest.get(`/v1/accounts/advertiser-7/deductions/from-${language}`);
    expect([found.status, found.body['amount']]).toEqual([200, '250']);
  });

  function runRecipe(commands: string, folder: string): Promise<{ exitCode: number | null; output: string }> {
    const child = spawn('sh', ['-eu', '-c', commands], {
      cwd: folder,
      env: {
        ...process.env,
        PATH: [process.env['PATH'], join(ROOT, 'node_modules/.bin')].join(delimiter),
        HOTSPLIT: ROOT,
        HOTSPLIT_KEY: ADMIN_KEY,
        HOTSPLIT_GRPC: service.grpcAddress,
        HOTSPLIT_REST: service.rest.url,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (part: Buffer) => (output += part.toString()));
    child.stderr.on('data', (part: Buffer) => process.stderr.write(part));
    return new Promise((done, fail) => {
      child.once('error', fail);
      child.once('close', (exitCode) => {
        done({ exitCode, output });
      });
    });
  }
});
