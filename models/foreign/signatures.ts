/** What models that were made elsewhere must look like. */

/** The model cannot serve here. The message says what is wrong and what was expected. */
export class ForeignModelRefused extends Error {
  override readonly name = 'ForeignModelRefused'
  readonly model: 'ranker' | 'tower'
  readonly problem: string
  readonly expected: string

  constructor(model: 'ranker' | 'tower', problem: string, expected: string) {
    super(`The ${model} is refused: ${problem}. Expected ${expected}.`)
    this.model = model
    this.problem = problem
    this.expected = expected
  }
}

export interface RankerSignature {
  /** Names of the feature columns, in order. */
  readonly features: readonly string[]
  /** Names of the objectives, in the order of the columns of the output. */
  readonly objectives: readonly string[]
}

export function describeRanker({ features, objectives }: RankerSignature): string {
  return (
    `input 'features' float32 [rows, ${features.length}] and output 'logits' float32 [rows, ${objectives.length}], or ` +
    `'probabilities' of that shape, for any number of rows; columns of the output: ${objectives.join(', ')}; ` +
    `columns of the input: ${features.join(', ')}`
  )
}

/** A tower makes a query vector of the item vectors of a history. */
export interface TowerSignature {
  /** Numbers of an item vector. */
  readonly dimension: number
  /** Newest items of a history that it is given at most. */
  readonly maxLength: number
}

export function describeTower({ dimension, maxLength }: TowerSignature): string {
  return (
    `input 'vectors' float32 [length, ${dimension}], the item vectors of a history, oldest first, for any length from 1 ` +
    `to ${maxLength}, and output 'query' float32 [1, ${dimension}], whose inner product with an item vector is the score`
  )
}
