import { defineConfig } from 'vitest/config'

/** Files run one after another per worker: several of them start threads of their own, and CI has two cores. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ['default'],
  },
})
