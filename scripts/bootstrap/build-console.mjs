// Builds the console's page from `console` into dist/console.
import { join } from 'node:path';
import { build } from 'vite';
import { repositoryRoot } from './repository.mjs';

await build({ configFile: join(repositoryRoot, 'console', 'vite.config.mjs'), mode: 'production' });
