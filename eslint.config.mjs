import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**', 'data/**'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // TypeORM and Nest type options and drivers as classes that are meant to be filled with plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-console': 'error',
    },
  },
  {
    // Mend a breach by a clock that everyone shares: the shard's under the row's lock, the directory's in its statement, or
    // `surroundings.now()` for how long something has lasted in this process.
    files: ['src/ledger/**', 'src/engine/**', 'src/strategies/**', 'src/shards/**'],
    ignores: [
      '**/*.spec.ts',
      // What time it is for this process; the embedded store's clock; what a leased answer shows before it is written.
      'src/shards/surroundings.ts',
      'src/shards/sqlite/process-clock.ts',
      'src/engine/leasing/**',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'No instance’s wall clock decides about money.' },
        { property: 'wallMs', message: 'No instance’s wall clock decides about money.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'No instance’s wall clock decides about money.',
        },
      ],
    },
  },
  {
    files: ['src/cli/**', 'tools/**', 'test/**', 'examples/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'fetch',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'module',
          'require',
          '__dirname',
          'AbortSignal',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  prettier,
);
