import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFECTS } from '../../tools/sim/defects/defects';
import { edited } from '../../tools/sim/defects/plant';

const ROOT = join(__dirname, '..', '..');

describe('a planted defect', () => {
  test('has a name of its own', () => {
    const names = DEFECTS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  test.each(DEFECTS)('$name changes the source as it is', ({ edits }) => {
    const byFile = Map.groupBy(edits, ({ file }) => file);
    expect(byFile.size).toBeGreaterThan(0);
    for (const [file, ofFile] of byFile) {
      const source = readFileSync(join(ROOT, file), 'utf8');
      expect(ofFile.reduce(edited, source)).not.toBe(source);
    }
  });

  test('that fits nowhere, or in two places, is out of date', () => {
    const edit = { file: 'a.ts', find: 'pay();', replace: '' };
    expect(edited('look(); pay();', edit)).toBe('look(); ');
    expect(() => edited('look();', edit)).toThrow('stands 0 times in a.ts');
    expect(() => edited('pay(); pay();', edit)).toThrow('stands 2 times in a.ts');
  });
});
