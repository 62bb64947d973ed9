/**
 * Matrix factorisation by Bayesian personalised ranking (Rendle, Freudenthaler, Gantner & Schmidt-Thieme, UAI 2009): for a
 * met item i and a drawn item j that the person has not met, a step of stochastic gradient ascent on
 * ln σ(x_u · (y_i − y_j) + b_i − b_j) − λ/2 (|x_u|² + |y_i|² + |y_j|² + b_i² + b_j²).
 */
import { normal } from '../engine/initialisers.ts'
import { deriveKey, shuffle, uniformAt } from '../engine/random.ts'
import { type Histories, historyOf } from '../histories.ts'

export interface BprSettings {
  readonly dimension: number
  readonly learningRate: number
  /** λ. */
  readonly regularisation: number
  /** Passes over all interactions. */
  readonly epochs: number
  readonly seed: number
}

export const bprDefaults: Omit<BprSettings, 'seed'> = {
  dimension: 64,
  learningRate: 0.03,
  regularisation: 0.005,
  epochs: 20,
}

export interface BprFactors {
  /** [users, dimension] */
  readonly userFactors: Float32Array
  /** [items, dimension] */
  readonly itemFactors: Float32Array
  /** [items] */
  readonly itemBiases: Float32Array
}

/** Draws for a negative at most; somebody who has met nearly everything gets a met one. */
const drawsMax = 100

/** @param onEpoch called after each epoch */
export function trainBpr(
  histories: Histories,
  settings: BprSettings,
  onEpoch: (epoch: number) => void = () => {},
): BprFactors {
  const { users, items, itemOf } = histories
  const { dimension, epochs, seed } = settings
  const factors = {
    userFactors: new Float32Array(users * dimension),
    itemFactors: new Float32Array(items * dimension),
    itemBiases: new Float32Array(items),
  }
  const initialise = normal(0.1)
  initialise(factors.userFactors, [users, dimension], deriveKey(seed, 'bpr', 'users'))
  initialise(factors.itemFactors, [items, dimension], deriveKey(seed, 'bpr', 'items'))
  const userOf = usersOfRows(histories)
  const met = sortedHistories(histories)
  const order = Uint32Array.from(itemOf.keys())
  for (let epoch = 1; epoch <= epochs; epoch++) {
    shuffle(order, deriveKey(seed, 'bpr', 'order', epoch))
    const key = deriveKey(seed, 'bpr', 'negatives', epoch)
    for (const row of order) {
      const user = userOf[row]
      step(factors, user, itemOf[row], drawUnmet(met[user], items, key, row), settings)
    }
    onEpoch(epoch)
  }
  return factors
}

function step(
  { userFactors, itemFactors, itemBiases }: BprFactors,
  user: number,
  positive: number,
  negative: number,
  { dimension, learningRate, regularisation }: BprSettings,
): void {
  const [userBegin, positiveBegin, negativeBegin] = [user * dimension, positive * dimension, negative * dimension]
  let difference = itemBiases[positive] - itemBiases[negative]
  for (let d = 0; d < dimension; d++) {
    difference += userFactors[userBegin + d] * (itemFactors[positiveBegin + d] - itemFactors[negativeBegin + d])
  }
  const slope = 1 / (1 + Math.exp(difference))
  itemBiases[positive] += learningRate * (slope - regularisation * itemBiases[positive])
  itemBiases[negative] += learningRate * (-slope - regularisation * itemBiases[negative])
  for (let d = 0; d < dimension; d++) {
    const own = userFactors[userBegin + d]
    const [liked, other] = [itemFactors[positiveBegin + d], itemFactors[negativeBegin + d]]
    userFactors[userBegin + d] += learningRate * (slope * (liked - other) - regularisation * own)
    itemFactors[positiveBegin + d] += learningRate * (slope * own - regularisation * liked)
    itemFactors[negativeBegin + d] += learningRate * (-slope * own - regularisation * other)
  }
}

function drawUnmet(met: Uint32Array, items: number, key: number, row: number): number {
  let item = 0
  for (let draw = 0; draw < drawsMax; draw++) {
    item = Math.floor(uniformAt(key, row * drawsMax + draw) * items)
    if (!includes(met, item)) return item
  }
  return item
}

/** Binary search. */
function includes(sorted: Uint32Array, item: number): boolean {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] < item) low = middle + 1
    else high = middle
  }
  return sorted[low] === item
}

function sortedHistories(histories: Histories): Uint32Array[] {
  return Array.from({ length: histories.users }, (_, user) => historyOf(histories, user).slice().sort())
}

function usersOfRows({ users, offsets, itemOf }: Histories): Uint32Array {
  const userOf = new Uint32Array(itemOf.length)
  for (let user = 0; user < users; user++) userOf.fill(user, offsets[user], offsets[user + 1])
  return userOf
}
