/** The ranker's loss over a set of rows of any size, with the definition that trains it and without dropout. */

import type { Parameters } from '../engine/parameters.ts'
import { type Feeds, openSession, run, type Session, tensor } from '../engine/session.ts'
import { Graph } from '../graph/graph.ts'
import { type RankerArchitecture, type RankerLoss, rankerLogits, rankerLossSums } from './ranker.ts'
import type { RankerRows } from './ranker-data.ts'
import type { Standardisation } from './standardisation.ts'

export interface RankerMetrics {
  /** What training minimises: objectives and listwise loss, weighted. */
  readonly loss: number
  /** Mean binary cross-entropy by objective, in nats; NaN where no row has a label. */
  readonly objectives: Readonly<Record<string, number>>
  /** Mean softmax cross-entropy of groups with a click; absent when the listwise loss is off. */
  readonly listwise?: number
  /** What was predicted [n, K]. */
  readonly logits: Float32Array
}

const rowsPerRun = 4096

export class RankerEvaluation {
  readonly #architecture: RankerArchitecture
  readonly #loss: RankerLoss
  readonly #session: Session

  private constructor(architecture: RankerArchitecture, loss: RankerLoss, session: Session) {
    this.#architecture = architecture
    this.#loss = loss
    this.#session = session
  }

  static async open(
    architecture: RankerArchitecture,
    standardisation: Standardisation,
    loss: RankerLoss,
    threads: number,
  ): Promise<RankerEvaluation> {
    const graph = new Graph()
    const mode = { batch: 'rows', train: false }
    const logits = rankerLogits(graph, architecture, standardisation, mode)
    const { crossEntropy, weight, listwise } = rankerLossSums([logits], architecture, loss, mode.batch)
    graph.output('crossEntropy', crossEntropy)
    graph.output('weight', weight)
    graph.output('logits', logits)
    if (listwise) {
      graph.output('listwise', listwise.crossEntropy)
      graph.output('groups', listwise.groups)
    }
    return new RankerEvaluation(architecture, loss, await openSession(graph.build('evaluation'), { threads }))
  }

  /** The mean losses over all rows, which must come in whole groups. */
  async evaluate(parameters: Parameters, rows: RankerRows): Promise<RankerMetrics> {
    const { features, objectives } = this.#architecture
    const { groupSize } = this.#loss
    const count = rows.features.length / features
    const width = objectives.length
    const part = Math.max(1, Math.floor(rowsPerRun / groupSize)) * groupSize
    const crossEntropy = new Float64Array(width)
    const weight = new Float64Array(width)
    const logits = new Float32Array(count * width)
    let listwise = 0
    let groups = 0
    const weights: Feeds = {}
    for (const { name, shape } of parameters.specs) weights[name] = tensor(parameters.view(name), shape)
    for (let begin = 0; begin < count; begin += part) {
      const end = Math.min(count, begin + part)
      const cut = (matrix: Float32Array, columns: number) =>
        tensor(matrix.subarray(begin * columns, end * columns), [end - begin, columns])
      const batch = {
        features: cut(rows.features, features),
        labels: cut(rows.labels, width),
        weights: cut(rows.weights, width),
      }
      const sums = await run(this.#session, { ...weights, ...batch }, this.#session.outputNames)
      for (let objective = 0; objective < width; objective++) {
        crossEntropy[objective] += sums.crossEntropy[objective]
        weight[objective] += sums.weight[objective]
      }
      logits.set(sums.logits, begin * width)
      listwise += sums.listwise?.[0] ?? 0
      groups += sums.groups?.[0] ?? 0
    }
    const means = crossEntropy.map((sum, objective) => sum / weight[objective])
    return { ...this.#metrics(means, groups === 0 ? 0 : listwise / groups), logits }
  }

  close(): Promise<void> {
    return this.#session.release()
  }

  #metrics(means: Float64Array, listwise: number): Omit<RankerMetrics, 'logits'> {
    const { objectiveWeights, listwiseWeight } = this.#loss
    const pointwise = means.reduce(
      (sum, mean, index) => sum + (Number.isNaN(mean) ? 0 : objectiveWeights[index] * mean),
      0,
    )
    const objectives = Object.fromEntries(this.#architecture.objectives.map((name, index) => [name, means[index]]))
    if (listwiseWeight === 0) return { loss: pointwise, objectives }
    return { loss: pointwise + listwiseWeight * listwise, objectives, listwise }
  }
}
