/** Examples (history before, target) out of histories, and the tensors of a batch of them. */
import { deriveKey, shuffle, uniformAt } from '../engine/random.ts'
import { type Feeds, tensor } from '../engine/session.ts'
import type { Histories } from '../histories.ts'
import { type PoolingSettings, writeLength, writePoolingFactors } from './history-pooling.ts'
import { momentOf, userFeatureWidth, writeUserContext } from './user-features.ts'

export interface ExampleSource {
  readonly histories: Histories
  /** Engagement weight of each interaction, 1 where absent; only positive ones are targets. */
  readonly weights?: Float32Array
  /** [users × userFeatureWidth], zeros where absent; the columns of the context are filled per example. */
  readonly userFeatures?: Float32Array
  /** Class of the device of each interaction. */
  readonly deviceClasses?: Uint8Array
}

export class TrainingExamples {
  /** How often each item is a target. */
  readonly targetCounts: Uint32Array
  /** Number of interactions that can be a target. */
  readonly count: number
  /** Item of each row of the last batch. */
  readonly targets: Int32Array
  /** Person of each row of the last batch. */
  readonly users: Uint32Array
  readonly #source: ExampleSource
  readonly #pooling: PoolingSettings
  readonly #userOf: Uint32Array
  readonly #order: Uint32Array
  readonly #history: Int32Array
  readonly #factors: Float32Array
  readonly #lengths: Float32Array
  readonly #features: Float32Array
  readonly #feeds: Feeds

  constructor(source: ExampleSource, pooling: PoolingSettings, batch: number) {
    const { histories } = source
    this.#source = source
    this.#pooling = pooling
    this.#userOf = usersOf(histories)
    this.#order = Uint32Array.from(histories.itemOf.keys()).filter(at => this.#weightOf(at) > 0)
    this.count = this.#order.length
    this.targetCounts = new Uint32Array(histories.items)
    for (const at of this.#order) this.targetCounts[histories.itemOf[at]]++
    this.targets = new Int32Array(batch)
    this.users = new Uint32Array(batch)
    const { historyLength, decays } = pooling
    this.#history = new Int32Array(batch * historyLength)
    this.#factors = new Float32Array(batch * decays.length * historyLength)
    this.#lengths = new Float32Array(batch * 2)
    this.#features = new Float32Array(batch * userFeatureWidth)
    this.#feeds = {
      history: tensor(this.#history, [batch, historyLength]),
      factors: tensor(this.#factors, [batch, decays.length, historyLength]),
      lengths: tensor(this.#lengths, [batch, 2]),
      userFeatures: tensor(this.#features, [batch, userFeatureWidth]),
      rowWeights: tensor(new Float32Array(batch).fill(1 / batch), [batch, 1]),
    }
  }

  /** Draws a new order. */
  shuffle(key: number): void {
    this.#order.sort()
    shuffle(this.#order, key)
  }

  /**
   * The tensors of that step of the epoch (from 0); the next call overwrites them. The history ends up to `window` − 1
   * interactions before the target, and at the latest just before it; in a share of `coldShare` it is empty.
   */
  fill(step: number, window: number, key: number, coldShare = 0): Feeds {
    const { itemOf, offsets } = this.#source.histories
    const [windowKey, coldKey] = [deriveKey(key, 'window'), deriveKey(key, 'cold')]
    for (let row = 0; row < this.targets.length; row++) {
      const at = this.#order[step * this.targets.length + row]
      const user = this.#userOf[at]
      const isCold = uniformAt(coldKey, row) < coldShare
      const ahead = isCold ? at : Math.floor(uniformAt(windowKey, row) * window)
      this.targets[row] = itemOf[at]
      this.users[row] = user
      this.#fillRow(row, user, Math.max(offsets[user], at - ahead))
    }
    return this.#feeds
  }

  #fillRow(row: number, user: number, end: number): void {
    const { histories, userFeatures, deviceClasses } = this.#source
    const { itemOf, offsets, timeOf } = histories
    const { historyLength, decays } = this.#pooling
    const length = end - offsets[user]
    const begin = row * historyLength
    const count = Math.min(length, historyLength)
    for (let entry = 0; entry < count; entry++) this.#history[begin + entry] = itemOf[end - 1 - entry]
    this.#history.fill(0, begin + count, begin + historyLength)
    const weightAt = (entry: number) => this.#weightOf(end - 1 - entry)
    writePoolingFactors(this.#pooling, length, weightAt, this.#factors, row * decays.length * historyLength)
    writeLength(this.#pooling, length, this.#lengths, row * 2)
    const at = row * userFeatureWidth
    if (userFeatures)
      this.#features.set(userFeatures.subarray(user * userFeatureWidth, (user + 1) * userFeatureWidth), at)
    const moment = timeOf && momentOf(timeOf[end], length > 0 ? timeOf[end - 1] : undefined)
    writeUserContext({ ...moment, deviceClass: deviceClasses?.[end] }, this.#features, at)
  }

  #weightOf(at: number): number {
    return this.#source.weights?.[at] ?? 1
  }
}

function usersOf({ users, offsets, itemOf }: Histories): Uint32Array {
  const userOf = new Uint32Array(itemOf.length)
  for (let user = 0; user < users; user++) userOf.fill(user, offsets[user], offsets[user + 1])
  return userOf
}
