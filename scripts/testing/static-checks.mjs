import { join } from 'node:path';
import { packageCommand } from '../bootstrap/node24.mjs';
import { repositoryRoot } from '../bootstrap/repository.mjs';

const cache = join(repositoryRoot, 'node_modules', '.cache');

/** The checks that need no running program, in order: {name, args for the pinned Node}. Each passes or fails as one. */
export function staticChecks() {
  return [
    {
      name: 'Prettier',
      args: [
        packageCommand('prettier'),
        ...['--check', '--log-level=warn', '.'],
        ...['--cache', '--cache-strategy=content', `--cache-location=${cache}/prettier.json`],
      ],
    },
    {
      name: 'ESLint',
      args: [
        packageCommand('eslint'),
        ...[
          '.',
          '--max-warnings=0',
          '--cache',
          '--cache-strategy=content',
          `--cache-location=${cache}/eslint/`,
        ],
      ],
    },
    {
      name: 'TypeScript',
      // Its own build info: `dist` keeps the one of the build, which compiles fewer files.
      args: [
        packageCommand('typescript', 'tsc'),
        '--noEmit',
        `--tsBuildInfoFile`,
        `${cache}/typecheck.tsbuildinfo`,
      ],
    },
    {
      name: 'TypeScript of the console',
      args: [packageCommand('typescript', 'tsc'), '-p', 'console'],
    },
    { name: 'buf lint', args: [packageCommand('@bufbuild/buf', 'buf'), 'lint'] },
    {
      name: 'dependency-cruiser',
      args: [
        packageCommand('dependency-cruiser', 'depcruise'),
        ...['src', 'migrations', 'tools', '--config', '.dependency-cruiser.cjs'],
        ...['--cache', `${cache}/dependency-cruiser`, '--cache-strategy', 'content'],
      ],
    },
  ];
}
