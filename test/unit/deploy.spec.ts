import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const ROOT = resolve(__dirname, '../..');
const CHART = join(ROOT, 'deploy/helm/hotsplit');

function commandOf(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** A test by a tool; where the tool is missing, the test is skipped under a name that says so. */
function byTool(tool: string, name: string, run: (command: string) => void): void {
  const command = commandOf(tool);
  if (command === undefined) it.skip(`${name} (there is no ${tool} on this machine)`, () => undefined);
  else
    it(name, () => {
      run(command);
    });
}

interface Container {
  readonly image: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly restart?: string;
  readonly ports?: readonly string[];
  readonly build?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

describe('docker-compose.yml', () => {
  const compose = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
    readonly services: Readonly<Record<string, Container>>;
  };
  const services = Object.entries(compose.services);

  it('has four shards, Redis, Kafka, two replicas, nginx, Prometheus and Grafana', () => {
    expect(services.map(([name]) => name).sort()).toEqual(
      ['a', 'b', 'c', 'd']
        .map((name) => `mysql-${name}`)
        .concat('redis', 'kafka', 'hotsplit-1', 'hotsplit-2', 'nginx', 'prometheus', 'grafana')
        .sort(),
    );
    const shards = compose.services['hotsplit-1']?.environment?.['HOTSPLIT_SHARDS'] ?? '';
    expect([...shards.matchAll(/([a-d])=mysql:\S*@mysql-([a-d]):/g)].map(([, a, b]) => `${a}${b}`)).toEqual([
      'aa',
      'bb',
      'cc',
      'dd',
    ]);
  });

  it.each(services)('confines %s, bounds it, and pins its image', (name, container) => {
    expect(container).toMatchObject({ cap_drop: ['ALL'], restart: 'unless-stopped' });
    expect(container.security_opt).toContain('no-new-privileges:true');
    expect(container.mem_limit).toBeTruthy();
    expect(container.pids_limit).toBeGreaterThan(0);
    // Its start script writes into the image's own folders.
    expect(container.read_only).toBe(name !== 'kafka');
    if (container.build === undefined) expect(container.image).toMatch(/:v?\d+\.\d+\.\d+(-\w+)?$/);
    for (const port of container.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  byTool('docker-compose', 'is taken by docker-compose', (command) => {
    execFileSync(command, ['--env-file', '/dev/null', 'config', '--quiet'], {
      cwd: ROOT,
      env: { ...process.env, MYSQL_PASSWORD: 'x', HOTSPLIT_ADMIN_KEY: 'x'.repeat(32), GRAFANA_PASSWORD: 'x' },
    });
  });
});

describe('deploy/systemd', () => {
  const unit = readFileSync(join(ROOT, 'deploy/systemd/hotsplit.service'), 'utf8');

  byTool('systemd-analyze', 'is a unit that systemd takes', (command) => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplit-unit-'));
    try {
      const file = join(folder, 'hotsplit.service');
      // The program of this machine in place of one that is not installed here.
      writeFileSync(file, unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
      const { status, stderr } = spawnSync(command, ['verify', '--man=no', file], { encoding: 'utf8' });
      expect(stderr.split('\n').filter((line) => line.includes('hotsplit.service'))).toEqual([]);
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is installed with the Node that it starts, and with secrets that its own user can read', () => {
    expect(unit).toMatch(/^ExecStart=\/opt\/hotsplit\/node_modules\/node\/bin\/node /m);
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    expect(devDependencies['node']).toBeDefined();
    expect(unit).not.toContain('--omit=dev');
    expect(unit).toMatch(/^DynamicUser=yes$/m);
    expect(unit).toContain('LoadCredential=shards:');
  });

  it('gives a stop more time than the service takes for one', () => {
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(20);
  });
});

describe('the service is started with a small young generation', () => {
  it.each(['Dockerfile', 'deploy/systemd/hotsplit.service', 'scripts/children/service.mjs'])(
    'by %s',
    (file) => {
      expect(readFileSync(join(ROOT, file), 'utf8')).toContain('--max-semi-space-size=8');
    },
  );
});

interface Resource {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly enableServiceLinks: boolean;
        readonly automountServiceAccountToken: boolean;
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly {
          readonly env: readonly { readonly name: string; readonly value: string }[];
          readonly securityContext: object;
        }[];
      };
    };
    readonly metrics: readonly { readonly type: string }[];
  };
}

describe('deploy/helm', () => {
  const render = (command: string, ...more: string[]): Resource[] =>
    parseAllDocuments(
      // A helm that was built from its sources would take the cluster for one of an old version.
      execFileSync(command, ['template', 'pay', CHART, '--kube-version', '1.30.0', ...more], {
        encoding: 'utf8',
      }),
    ).map((document) => document.toJS() as Resource);

  byTool('helm', 'is a chart that helm finds no fault with', (command) => {
    execFileSync(command, ['lint', '--strict', CHART], { encoding: 'utf8' });
  });

  byTool(
    'helm',
    'drains, keeps secrets in files, and has a budget, an autoscaler and a policy',
    (command) => {
      const resources = render(command, '--set', 'autoscaling.laneDepth.enabled=true');
      expect(resources.map(({ kind }) => kind).sort()).toEqual([
        'Deployment',
        'HorizontalPodAutoscaler',
        'NetworkPolicy',
        'PodDisruptionBudget',
        'Service',
        'ServiceAccount',
      ]);
      const of = (kind: string): Resource => resources.find((each) => each.kind === kind) as Resource;
      const pod = of('Deployment').spec.template.spec;
      expect(pod).toMatchObject({ enableServiceLinks: false, automountServiceAccountToken: false });
      const env = new Map(pod.containers[0]?.env.map(({ name, value }) => [name, value]));
      const stopping =
        Number(env.get('HOTSPLIT_DRAIN_SECONDS')) + Number(env.get('HOTSPLIT_STOP_SECONDS_MAX'));
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(stopping);
      expect(env.get('HOTSPLIT_SHARDS_FILE')).toBe('/run/secrets/hotsplit/shards');
      expect(env.has('HOTSPLIT_SHARDS')).toBe(false);
      expect(pod.containers[0]?.securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      });
      expect(of('HorizontalPodAutoscaler').spec.metrics.map(({ type }) => type)).toEqual([
        'Resource',
        'Pods',
      ]);
    },
  );

  byTool('helm', 'writes numbers and switches of a values file as the service reads them', (command) => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplit-chart-'));
    try {
      const values = join(folder, 'values.yaml');
      const settings = [
        'HOTSPLIT_INTAKE_RECORDS_MAX: 2000000',
        'HOTSPLIT_DOCS: off',
        'HOTSPLIT_EVENTS: "on"',
      ];
      writeFileSync(values, ['settings:', ...settings.map((line) => `  ${line}`)].join('\n'));
      const { spec } = render(command, '--values', values).find(
        ({ kind }) => kind === 'Deployment',
      ) as Resource;
      expect(spec.template.spec.containers[0]?.env).toEqual(
        expect.arrayContaining([
          { name: 'HOTSPLIT_INTAKE_RECORDS_MAX', value: '2000000' },
          { name: 'HOTSPLIT_DOCS', value: 'off' },
          { name: 'HOTSPLIT_EVENTS', value: 'on' },
        ]),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  byTool('helm', 'can do without autoscaler and policy', (command) => {
    const off = ['--set', 'autoscaling.enabled=false', '--set', 'networkPolicy.enabled=false'];
    expect(render(command, ...off).map(({ kind }) => kind)).toEqual(
      expect.not.arrayContaining(['HorizontalPodAutoscaler', 'NetworkPolicy']),
    );
  });
});
