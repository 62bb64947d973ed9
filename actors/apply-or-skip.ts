import type { Logger } from '../telemetry/log.ts'

/**
 * Applies one entry of a batch. A defect in the fold stops that entry and not those behind it, which the journal holds
 * and somebody may be waiting for.
 */
export function applyOrSkip<T>(log: Logger, kind: string, apply: () => T): T | undefined {
  try {
    return apply()
  } catch (error) {
    log.error(
      { error: String(error), stack: error instanceof Error ? error.stack : undefined, kind },
      'an entry was skipped',
    )
    return undefined
  }
}
