import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const LEFT_OUT = new Set(['node_modules', 'dist', 'data', 'coverage', '.git']);
/** `[words](target)` and `![words](target)`; a title behind the target is not part of it. */
const LINK = /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g;
const ELSEWHERE = /^(?:[a-z][a-z+.-]*:|\/\/)/i;

const pages = pagesIn(ROOT);
const anchors = new Map<string, ReadonlySet<string>>();

/** Every relative link of every page leads to a file of the repository and, with an anchor, to a heading of it. */
test.each(pages.map((page) => relative(ROOT, page)))('the links of %s lead somewhere', (page) => {
  const broken = linksOf(join(ROOT, page)).filter(({ file, anchor }) => {
    if (!existsSync(file)) return true;
    return anchor !== '' && file.endsWith('.md') && !anchorsOf(file).has(anchor);
  });
  expect(broken.map(({ target }) => target)).toEqual([]);
});

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pagesIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function linksOf(page: string): { target: string; file: string; anchor: string }[] {
  const text = readFileSync(page, 'utf8')
    .replace(/^```.*?^```$/gms, '')
    .replace(/`[^`\n]*`(?!\])/g, '');
  return [...text.matchAll(LINK)]
    .map(([, target = '']) => target)
    .filter((target) => !ELSEWHERE.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#');
      return { target, file: path === '' ? page : resolve(dirname(page), decodeURI(path)), anchor };
    });
}

/** As the usual renderers make them: lower case, without punctuation, blanks as dashes, repeated ones numbered. */
function anchorsOf(page: string): ReadonlySet<string> {
  const known = anchors.get(page);
  if (known) return known;
  const found = new Set<string>();
  const text = readFileSync(page, 'utf8').replace(/^```.*?^```$/gms, '');
  for (const [, heading = ''] of text.matchAll(/^#{1,6} +(.*)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let unique = anchor;
    for (let n = 1; found.has(unique); n += 1) unique = `${anchor}-${n}`;
    found.add(unique);
  }
  anchors.set(page, found);
  return found;
}
