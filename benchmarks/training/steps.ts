import type { Session } from '../../models/engine/session.ts'

/** One kind of training step, ready to be taken again and again. */
export interface StepRunner {
  /** Takes one step, from the batch in memory to the moved weights. */
  step(): Promise<unknown>
  close(): Promise<void>
}

/** A row of the benchmark. */
export interface StepKind {
  readonly id: string
  readonly name: string
  /** What one step works on, in words. */
  readonly work: string
  /** Milliseconds of a step that the matrix product of 15 ms stands beside; null where nothing is published. */
  readonly referenceMs: number | null
  open(): Promise<StepRunner>
}

/** The matrix product of the same table of reference figures. */
export const referenceProductMs = 15

export function closing(session: Session, step: () => Promise<unknown>): StepRunner {
  return { step, close: () => session.release() }
}
