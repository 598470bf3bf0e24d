// Brings the build's sources into `dist`, each by itself. Types are not looked at here: `npm run typecheck` does that, and
// the static checks of `npm test`.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { transformFileSync } from '@swc/core';
import { repositoryRoot as root } from './repository.mjs';
import { listBuildSources } from './stamp.mjs';

for (const source of listBuildSources(root)) {
  if (source.endsWith('.ts')) transpile(source);
  else if (source.endsWith('.json')) copyFileSync(join(root, source), placeOf(source));
}

function transpile(source) {
  const target = placeOf(source).replace(/\.ts$/, '.js');
  const { code, map } = transformFileSync(join(root, source), {
    configFile: join(root, '.swcrc'),
    // A module of scripts/ is loaded by its URL, which require() does not take.
    module: { type: 'commonjs', ignoreDynamic: true },
    sourceMaps: true,
    sourceFileName: relative(dirname(target), join(root, source)),
  });
  writeFileSync(target, `${code}\n//# sourceMappingURL=${basename(target)}.map\n`);
  writeFileSync(`${target}.map`, map);
}

function placeOf(source) {
  const place = join(root, 'dist', source);
  mkdirSync(dirname(place), { recursive: true });
  return place;
}
