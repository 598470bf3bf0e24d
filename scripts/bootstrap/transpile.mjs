// Brings the build's sources into `dist`, each by itself. Types are not looked at here: `npm run typecheck` does that, and
// the static checks of `npm test`.
//
// By the TypeScript compiler, though swc takes a third of the time: swc exports getters where TypeScript exports values, and the
// service then made 4 % fewer deductions in process (medians of five, 2,048 in flight on SQLite: 105,200/s against 109,849/s).
import { repositoryRoot } from './repository.mjs';
import { listBuildSources } from './stamp.mjs';
import { transpileFile } from './transpile-file.mjs';

for (const source of listBuildSources(repositoryRoot)) transpileFile(source);
