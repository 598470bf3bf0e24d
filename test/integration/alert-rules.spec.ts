import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { documentedMetrics, namesIn, rules } from '../setup/promql';
import { promtool } from '../setup/prometheus';

const ROOT = resolve(__dirname, '../..');
const FOLDER = 'deploy/prometheus';
/** What Prometheus puts on every series, and labels of recorded ones. */
const EVERYWHERE = ['instance', 'job', 'slo'];

describe('the rules for Prometheus', () => {
  it('are what promtool takes for rules, and its tests of them pass', async () => {
    await promtool('check', 'config', `${FOLDER}/prometheus.yml`);
    const tests = readdirSync(join(ROOT, FOLDER, 'tests')).map((file) => `${FOLDER}/tests/${file}`);
    expect(tests).toHaveLength(2);
    expect(await promtool('test', 'rules', ...tests)).not.toContain('FAILED');
  });

  it('have a test in which each alert fires', () => {
    const tests = readFileSync(join(ROOT, FOLDER, 'tests/alerts.test.yml'), 'utf8');
    for (const alert of alertNames()) expect(tests).toContain(`alertname="${alert}"`);
  });

  it.each(rules().filter(({ alert }) => alert !== undefined))(
    'say of $alert how urgent it is, what happened, and where to read on',
    ({ labels, annotations = {} }) => {
      expect(['page', 'ticket']).toContain(labels?.['severity']);
      expect(annotations['summary']).toMatch(/^[A-Z].{10,}/);
      expect(annotations['description']).toMatch(/.{20,}\.$/);
      const [file = '', anchor = ''] = (annotations['runbook'] ?? '').split('#');
      const headings = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^## (.*)$/gm)];
      expect(headings.map(([, heading = '']) => heading.toLowerCase().replaceAll(' ', '-'))).toContain(
        anchor,
      );
    },
  );

  it('name no metric and no label that the service does not have', () => {
    const known = documentedMetrics();
    for (const { expr } of rules()) {
      const { metrics, groupedBy } = namesIn(expr);
      const own = metrics.filter(({ name }) => name.startsWith('hotsplit_'));
      for (const { name, labels } of own) {
        const may = [...(known.get(name) ?? [`no metric ${name}`]), ...EVERYWHERE];
        expect(may).toEqual(expect.arrayContaining([...labels]));
        expect([...known.keys()]).toContain(name);
      }
      const some = own.flatMap(({ name }) => [...(known.get(name) ?? [])]);
      expect([...some, ...EVERYWHERE]).toEqual(expect.arrayContaining([...groupedBy]));
    }
  });
});

function alertNames(): readonly string[] {
  return [...new Set(rules().flatMap(({ alert }) => (alert === undefined ? [] : [alert])))];
}
