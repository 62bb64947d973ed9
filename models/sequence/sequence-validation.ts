/** Ranks held-out items among all items by the model as it stands in training. */
import type { Parameters } from '../engine/parameters.ts'
import { openSession, run, type Session, tensor } from '../engine/session.ts'
import { Graph } from '../graph/graph.ts'
import { type Histories, historyOf } from '../histories.ts'
import { type BatchShape, sequenceScores } from './sequence-loss.ts'
import type { SequenceArchitecture } from './sequence-model.ts'

export interface SequenceMetrics {
  /** Share of held-out items among the ten best. */
  readonly hitRate10: number
  readonly ndcg10: number
}

interface Group {
  readonly shape: BatchShape
  readonly session: Session
  readonly users: readonly number[]
}

const batchTokens = 6400

export class SequenceValidation {
  readonly #architecture: SequenceArchitecture
  readonly #known: Histories
  readonly #held: Histories
  readonly #groups: readonly Group[]

  private constructor(architecture: SequenceArchitecture, known: Histories, held: Histories, groups: readonly Group[]) {
    this.#architecture = architecture
    this.#known = known
    this.#held = held
    this.#groups = groups
  }

  /**
   * @param known what is fed, and left out of the ranking as seen
   * @param held of each user, the items that came next; the first one counts
   */
  static async open(
    architecture: SequenceArchitecture,
    known: Histories,
    held: Histories,
    threads: number,
  ): Promise<SequenceValidation> {
    const lengths = [0.25, 0.5, 0.75, 1].map(share => Math.ceil(architecture.maxLength * share))
    const users = lengths.map(() => [] as number[])
    for (let user = 0; user < known.users; user++) {
      const length = Math.min(historyOf(known, user).length, architecture.maxLength)
      const isHeld = held.offsets[user + 1] > held.offsets[user]
      if (isHeld && length > 0) users[lengths.findIndex(longest => longest >= length)].push(user)
    }
    const groups: Group[] = []
    for (const [group, length] of lengths.entries()) {
      if (users[group].length === 0) continue
      const shape = { length, batch: Math.ceil(batchTokens / length) }
      const graph = new Graph()
      sequenceScores(graph, architecture, shape)
      groups.push({ shape, session: await openSession(graph.build('validation'), { threads }), users: users[group] })
    }
    return new SequenceValidation(architecture, known, held, groups)
  }

  async evaluate(parameters: Parameters): Promise<SequenceMetrics> {
    const ranks: number[] = []
    for (const { shape, session, users } of this.#groups) {
      const weights = Object.fromEntries(
        parameters.specs.map(({ name, shape: sizes }) => [name, tensor(parameters.view(name), sizes)]),
      )
      for (let begin = 0; begin < users.length; begin += shape.batch) {
        const part = users.slice(begin, begin + shape.batch)
        const { scores } = await run(session, { ...weights, ...this.#feeds(part, shape) }, ['scores'])
        for (const [row, user] of part.entries()) ranks.push(this.#rank(scores, row, user))
      }
    }
    const hits = ranks.filter(rank => rank < 10)
    const gain = hits.reduce((sum, rank) => sum + 1 / Math.log2(rank + 2), 0)
    const count = Math.max(1, ranks.length)
    return { hitRate10: hits.length / count, ndcg10: gain / count }
  }

  async close(): Promise<void> {
    for (const { session } of this.#groups) await session.release()
  }

  #feeds(users: readonly number[], { batch, length }: BatchShape) {
    const tokens = new Int32Array(batch * length)
    const places = Int32Array.from({ length: batch }, (_, row) => row * length)
    for (const [row, user] of users.entries()) {
      const newest = historyOf(this.#known, user).slice(-length)
      tokens.set(newest, row * length)
      places[row] += newest.length - 1
    }
    return { tokens: tensor(tokens, [batch * length]), places: tensor(places, [batch]) }
  }

  /** How many unseen items score higher than the held-out one. */
  #rank(scores: Float32Array, row: number, user: number): number {
    const { items } = this.#architecture
    const own = scores.subarray(row * items, (row + 1) * items)
    const target = this.#held.itemOf[this.#held.offsets[user]]
    const score = own[target]
    let rank = 0
    for (let item = 0; item < items; item++) if (own[item] > score) rank++
    for (const item of new Set(historyOf(this.#known, user))) if (item !== target && own[item] > score) rank--
    return rank
  }
}
