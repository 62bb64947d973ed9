/**
 * One value per candidate from the calibrated outputs of a multi-objective ranker.
 *
 * Objectives are columns of a row-major [N x K] matrix. All but the click may be conditional on it: over the entire
 * space of impressions P(o) = P(click) * P(o | click) (Ma et al., "Entire space multi-task model", SIGIR 2018). The
 * value is the expected worth of showing the item, sum over o of weight(o) * P(o); a harmful objective has a negative
 * weight.
 */
export interface ValueModelInput {
  /** The worth of each objective, one per column. */
  readonly weights: ArrayLike<number>
  /** 1 where the objective had labels to learn from. Others weigh 0 whatever their weight says. */
  readonly trained: ArrayLike<number>
  /** 1 where the column holds P(o | click). */
  readonly conditionalOnClick: ArrayLike<number>
  readonly clickColumn: number
}

export class ValueModel {
  private readonly weights: Float64Array
  private readonly trained: Uint8Array
  private readonly conditional: Uint8Array
  private readonly clickColumn: number

  /** Throws RangeError on unequal lengths, a weight that is not finite, or a click that is conditional on itself. */
  constructor(input: ValueModelInput) {
    const { weights, trained, conditionalOnClick, clickColumn } = input
    const columns = weights.length
    if (trained.length !== columns || conditionalOnClick.length !== columns) {
      throw new RangeError(
        `${columns} weights, ${trained.length} trained flags, ${conditionalOnClick.length} conditional flags: give one of each per objective`,
      )
    }
    if (!(Number.isInteger(clickColumn) && clickColumn >= 0 && clickColumn < columns)) {
      throw new RangeError(`click column ${clickColumn} is not one of the ${columns} objectives`)
    }
    if (conditionalOnClick[clickColumn]) throw new RangeError('the click objective cannot be conditional on the click')
    this.weights = Float64Array.from(weights, (weight, o) => {
      if (!Number.isFinite(weight)) throw new RangeError(`the weight of objective ${o} is ${weight}: it must be finite`)
      return trained[o] ? weight : 0
    })
    this.trained = Uint8Array.from(trained)
    this.conditional = Uint8Array.from(conditionalOnClick)
    this.clickColumn = clickColumn
  }

  /**
   * Turns the first N rows of `probabilities` into unconditional probabilities in place and writes their values, N
   * being the length of `values`. The column of an untrained objective becomes NaN, so that nobody takes it for a
   * probability. When the click itself is untrained, conditional columns stay as they are: there is nothing better to
   * multiply by. A row whose weighted objectives are not all finite gets -Infinity and sinks.
   */
  apply(probabilities: Float32Array, values: Float32Array): void {
    const columns = this.weights.length
    if (probabilities.length < values.length * columns) {
      throw new RangeError(
        `${values.length} rows of ${columns} objectives need more than ${probabilities.length} numbers`,
      )
    }
    const clickTrained = this.trained[this.clickColumn]
    for (let row = 0; row < values.length; row++) {
      const start = row * columns
      const click = clickTrained ? probabilities[start + this.clickColumn] : 1
      let value = 0
      for (let o = 0; o < columns; o++) {
        if (!this.trained[o]) {
          probabilities[start + o] = Number.NaN
          continue
        }
        if (this.conditional[o]) probabilities[start + o] *= click
        if (this.weights[o] !== 0) value += this.weights[o] * probabilities[start + o]
      }
      values[row] = Number.isFinite(value) ? value : Number.NEGATIVE_INFINITY
    }
  }
}
