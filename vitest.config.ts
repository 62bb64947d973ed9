import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Threads and processes that tests start share what is compiled; see cli/sluice.mjs.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

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
