/** A planted world: items of a few kinds, people who like one kind, some items more popular than others. */
import { bitsAt, deriveKey, uniformAt } from '../../../../models/engine/random.ts'
import type { Histories } from '../../../../models/histories.ts'
import type { TwoTowerSettings } from '../../../../models/two-tower/two-tower-settings.ts'

export const kinds = 4
export const itemsPerKind = 20
/** The last items of every kind are never met. */
export const coldPerKind = 4
export const width = kinds + 2
const people = 160
const met = 12

export const kindOfItem = (item: number): number => Math.floor(item / itemsPerKind)
export const kindOfUser = (user: number): number => user % kinds
export const isCold = (item: number): boolean => item % itemsPerKind >= itemsPerKind - coldPerKind

/** [items × width]: the kind, and two columns of noise. */
export function plantedFeatures(): { width: number; rows: Float32Array } {
  const items = kinds * itemsPerKind
  const rows = new Float32Array(items * width)
  for (let item = 0; item < items; item++) {
    rows[item * width + kindOfItem(item)] = 1
    for (const column of [kinds, kinds + 1]) rows[item * width + column] = uniformAt(column, item) - 0.5
  }
  return { width, rows }
}

/** @param skew exponent of popularity within a kind: 0 draws all warm items alike */
export function plantedHistories(skew: number, seed = 5): Histories {
  const warm = itemsPerKind - coldPerKind
  const itemOf: number[] = []
  const offsets = [0]
  for (let user = 0; user < people; user++) {
    for (let at = 0; at < met; at++) {
      const place = Math.floor(warm * uniformAt(deriveKey(seed, user), at) ** (1 + skew))
      itemOf.push(kindOfUser(user) * itemsPerKind + Math.min(warm - 1, place))
    }
    offsets.push(itemOf.length)
  }
  return {
    users: people,
    items: kinds * itemsPerKind,
    offsets: Uint32Array.from(offsets),
    itemOf: Uint32Array.from(itemOf),
    timeOf: Float64Array.from(itemOf, (_, at) => 1e12 + 1000 * at + (bitsAt(1, at) % 1000)),
  }
}

export const small: Partial<TwoTowerSettings> = {
  dimension: 8,
  itemHidden: 16,
  userHidden: 16,
  historyLength: 10,
  batchSize: 128,
  negatives: 32,
  hardSkip: 2,
  hardTake: 8,
  epochs: 6,
  warmupSteps: 5,
  learningRate: 0.01,
  // Everybody meets most of a kind: masking it would leave nothing to learn within a kind.
  maskHistory: false,
}
