import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. Scripts use it and not the working directory, so they run from anywhere. */
export const repositoryRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
