// Which tests there are and how they run. Tests that may need a database share one embedded cluster; pure ones have none.
import { defineConfig } from 'vitest/config';

const PURE = ['packages/{core,audit,contract}/src/**/*.test.ts', 'tests/architecture/**/*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    exclude: ['**/node_modules/**'],
    projects: [
      { extends: true, test: { name: 'pure', include: PURE } },
      {
        extends: true,
        test: {
          name: 'database',
          include: ['packages/**/src/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...PURE],
          globalSetup: ['tests/harness/cluster-of-run.ts'],
        },
      },
    ],
  },
});
