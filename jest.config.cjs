/**
 * Two projects: `unit` needs nothing but this checkout; `integration` runs against the private servers that
 * scripts/test.mjs starts (their addresses arrive in HOTSPLIT_TEST_* variables).
 */
const common = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': '@swc/jest' },
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
};

module.exports = {
  // A test that hangs, and nothing else: what is waited for in vain is named before that (test/setup/eventually.ts).
  testTimeout: 600_000,
  // Most of a test's time is spent waiting for processes and databases.
  maxWorkers: 3,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/unit/**/*.spec.ts'],
    },
    { ...common, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.spec.ts'] },
  ],
};
