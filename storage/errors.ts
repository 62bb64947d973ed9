/**
 * What went wrong in storage:
 * - `corrupt`: the bytes on disk are not what was written; `format`: they were written by another version
 * - `failed`: the disk refused a write; `dropped`: retention has removed what was asked for
 * - `closed`: used after close; `locked`: another process owns the data directory; `invalid`: the caller's argument
 */
export type StorageFault = 'corrupt' | 'format' | 'failed' | 'dropped' | 'closed' | 'locked' | 'invalid'

export class StorageError extends Error {
  override readonly name: string = 'StorageError'
  readonly code: StorageFault
  /** What to do about it; part of the message too. */
  readonly hint: string

  constructor(code: StorageFault, problem: string, hint: string, cause?: unknown) {
    super(`${problem}. ${hint}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.hint = hint
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
