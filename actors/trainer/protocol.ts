/** What came of a training. */
export interface TrainingOutcome {
  readonly modelSet: string
  /** The last journal record that was looked at. */
  readonly toSeq: number
  /** Whether it passed the gates and was promoted. */
  readonly promoted: boolean
  /** Why it was not. */
  readonly reasons: readonly string[]
}

/** The trainer looks on a rhythm whether enough has happened, trains in a process of its own, and promotes by gate. */
export type TrainerMessage =
  | { readonly type: 'look' }
  | { readonly type: 'promoted-read'; readonly toSeq: number }
  | { readonly type: 'trained'; readonly outcome: TrainingOutcome }
  | { readonly type: 'training-failed'; readonly reason: string }
