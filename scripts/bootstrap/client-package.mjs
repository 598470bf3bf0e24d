// Assembles the client's package, which installs alone, from what the build has made of src/client: into
// dist/packages/client, beside the manifest and the README that are kept in packages/client.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repositoryRoot as root } from './repository.mjs';

const built = join(root, 'dist', 'src', 'client');
const target = join(root, 'dist', 'packages', 'client');

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const name of readdirSync(built)) {
  if (name.endsWith('.d.ts')) cpSync(join(built, name), join(target, name));
  // The sources that a map points to are not in the package.
  if (name.endsWith('.js'))
    writeFileSync(
      join(target, name),
      readFileSync(join(built, name), 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, ''),
    );
}
for (const name of ['package.json', 'README.md'])
  cpSync(join(root, 'packages', 'client', name), join(target, name));
cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
writeModule();

/** For ES modules: the same classes as for CommonJS, so that `instanceof` holds where a process loads both. */
function writeModule() {
  const names = Object.keys(createRequire(import.meta.url)(join(target, 'index.js'))).sort();
  writeFileSync(
    join(target, 'index.mjs'),
    `import client from './index.js';\n\nexport const {\n${names.map((name) => `  ${name},\n`).join('')}} = client;\n`,
  );
  writeFileSync(join(target, 'index.d.mts'), "export * from './index.js';\n");
}
