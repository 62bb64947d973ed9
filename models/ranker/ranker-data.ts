/** Labelled rows for the ranker, and what must hold of them before training. */

/** n rows in groups of constant size: the rows of one query stand together. All matrices are row-major. */
export interface RankerRows {
  /** [n, F], raw. */
  readonly features: Float32Array
  /** [n, K], in [0, 1]. */
  readonly labels: Float32Array
  /** [n, K], not negative; 0 masks the label. */
  readonly weights: Float32Array
  /** [n], the place where each row was shown, 0 for the first; for rankers that learn position bias. */
  readonly places?: Int32Array
}

/** Whether an objective could be learned from the rows, and if not, why. */
export interface ObjectiveStatus {
  readonly trained: boolean
  readonly reason?: string
}

/** The rows do not have the shape or the values that training needs. */
export class RankerDataInvalid extends Error {
  override readonly name = 'RankerDataInvalid'

  constructor(which: string, problem: string) {
    super(`The ${which} rows cannot be used: ${problem}.`)
  }
}

/** @returns the number of rows @throws RankerDataInvalid */
export function checkRows(
  which: 'training' | 'validation',
  { features, labels, weights }: RankerRows,
  shape: { readonly features: number; readonly objectives: number; readonly groupSize: number },
): number {
  const rows = features.length / shape.features
  const fail = (problem: string): never => {
    throw new RankerDataInvalid(which, problem)
  }
  if (rows === 0) fail('there are none')
  if (!Number.isInteger(rows)) fail(`${features.length} feature values do not divide into ${shape.features} columns`)
  if (rows % shape.groupSize !== 0)
    fail(`${rows} rows do not divide into groups of ${shape.groupSize}; pad with weight 0`)
  for (const [name, matrix] of Object.entries({ labels, weights })) {
    const expected = rows * shape.objectives
    if (matrix.length !== expected) fail(`${rows} rows need ${expected} ${name}, there are ${matrix.length}`)
  }
  const badLabel = labels.findIndex(label => !(label >= 0 && label <= 1))
  if (badLabel >= 0)
    fail(`label ${labels[badLabel]} of row ${Math.floor(badLabel / shape.objectives)} is not in [0, 1]`)
  const badWeight = weights.findIndex(weight => !(weight >= 0 && weight < Number.POSITIVE_INFINITY))
  if (badWeight >= 0) {
    fail(`weight ${weights[badWeight]} of row ${Math.floor(badWeight / shape.objectives)} is negative or not finite`)
  }
  return rows
}

/** @throws RankerDataInvalid when position bias is to be learned and a row says no place, or one out of range */
export function checkPlaces({ places }: RankerRows, rows: number, count: number | undefined): void {
  if (!count) return
  if (places?.length !== rows) {
    throw new RankerDataInvalid('training', `${rows} rows need ${rows} places, there are ${places?.length ?? 0}`)
  }
  const bad = places.findIndex(place => place < 0 || place >= count)
  if (bad >= 0) throw new RankerDataInvalid('training', `place ${places[bad]} of row ${bad} is not in [0, ${count})`)
}

/** Whether any label of the row counts; rows without one are padding. */
export function hasWeight({ weights }: RankerRows, row: number, objectives: number): boolean {
  for (let index = row * objectives; index < (row + 1) * objectives; index++) if (weights[index] > 0) return true
  return false
}

/** What the training rows say about one objective. */
export interface ObjectiveSummary {
  readonly status: ObjectiveStatus
  /** Log-odds of a positive label; 0 where the objective cannot be learned. */
  readonly logOdds: number
}

/** Says for each objective, in order, how frequent it is and whether its labels hold both outcomes. */
export function summariseObjectives({ labels, weights }: RankerRows, objectives: number): ObjectiveSummary[] {
  const positive = new Float64Array(objectives)
  const negative = new Float64Array(objectives)
  for (let index = 0; index < labels.length; index++) {
    positive[index % objectives] += weights[index] * labels[index]
    negative[index % objectives] += weights[index] * (1 - labels[index])
  }
  return Array.from(positive, (count, objective) => summary(count, negative[objective]))
}

function summary(positive: number, negative: number): ObjectiveSummary {
  const untrained = (reason: string) => ({ status: { trained: false, reason }, logOdds: 0 })
  if (positive + negative === 0) return untrained('no labelled rows')
  if (positive === 0) return untrained('no positive labels')
  if (negative === 0) return untrained('no negative labels')
  return { status: { trained: true }, logOdds: Math.log(positive / negative) }
}
