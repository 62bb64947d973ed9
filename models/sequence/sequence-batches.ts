/**
 * Cuts histories into the windows of an epoch and groups windows of like length into batches, so that little of a batch
 * is padding and every batch costs about the same.
 *
 * Invariants
 * 1. The batches of an epoch are a function of histories, settings, seed and epoch.
 * 2. Every window of an epoch stands in exactly one batch, in a bucket at least as long as the window.
 * 3. A window [begin, begin + length) of `itemOf` predicts, position by position, the items one further on.
 */
import { deriveKey, shuffle, uniformAt } from '../engine/random.ts'
import { type Feeds, tensor } from '../engine/session.ts'
import type { Histories } from '../histories.ts'
import { type BatchShape, leastRows } from './sequence-loss.ts'

/** `last`: each history's newest window. `all`: each history whole, cut into windows at another phase in each epoch. */
export type WindowChoice = 'last' | 'all'

export interface SequenceBatch {
  /** Place of the batch's shape among the shapes. */
  readonly shape: number
  readonly begins: Uint32Array
  readonly lengths: Uint32Array
}

/** Buckets up to the longest length, each `step` longer than the one before, of about `tokens` positions a batch. */
export function bucketShapes(maxLength: number, step: number, tokens: number): BatchShape[] {
  const count = Math.ceil(maxLength / step)
  return Array.from({ length: count }, (_, bucket) => {
    const length = Math.round(((bucket + 1) * maxLength) / count)
    return { length, batch: Math.max(1, Math.round(tokens / length)) }
  })
}

/** The batches of an epoch, in the order in which they are trained. */
export function epochBatches(
  histories: Histories,
  shapes: readonly BatchShape[],
  windows: WindowChoice,
  key: number,
): SequenceBatch[] {
  const maxLength = shapes.at(-1)!.length
  const begins: number[] = []
  const lengths: number[] = []
  for (let user = 0; user < histories.users; user++) {
    const first = histories.offsets[user]
    const last = histories.offsets[user + 1] - 1
    let end = last
    if (windows === 'all' && last - first > maxLength) {
      end = first + 1 + Math.floor(uniformAt(deriveKey(key, 'phase'), user) * maxLength)
    }
    let begin = Math.max(first, end - maxLength)
    while (begin < end) {
      begins.push(begin)
      lengths.push(end - begin)
      begin = end
      end = Math.min(last, end + maxLength)
    }
  }
  const batches = groupByLength(Uint32Array.from(begins), Uint32Array.from(lengths), shapes, key)
  const order = Uint32Array.from(batches.keys())
  shuffle(order, deriveKey(key, 'batches'))
  return Array.from(order, place => batches[place])
}

/** What does not fill a batch of its bucket goes to the next longer one; only the longest has a batch that is not full. */
function groupByLength(
  begins: Uint32Array,
  lengths: Uint32Array,
  shapes: readonly BatchShape[],
  key: number,
): SequenceBatch[] {
  const order = Uint32Array.from(begins.keys())
  shuffle(order, deriveKey(key, 'windows'))
  const buckets = shapes.map(() => [] as number[])
  for (const window of order) buckets[shapes.findIndex(({ length }) => length >= lengths[window])].push(window)
  return shapes.flatMap(({ batch }, shape) => {
    const bucket = buckets[shape]
    const isLast = shape === shapes.length - 1
    const full = isLast ? Math.ceil(bucket.length / batch) : Math.floor(bucket.length / batch)
    if (!isLast) buckets[shape + 1].push(...bucket.splice(full * batch))
    return Array.from({ length: full }, (_, place) => {
      const chosen = Uint32Array.from(bucket.slice(place * batch, (place + 1) * batch))
      return { shape, begins: chosen.map(window => begins[window]), lengths: chosen.map(window => lengths[window]) }
    })
  })
}

/** The feeds of a batch for `sequenceLoss`. */
export function lossFeeds(histories: Histories, batch: SequenceBatch, shape: BatchShape): Feeds {
  const { batch: rows, length } = shape
  const real = batch.lengths.reduce((sum, count) => sum + count, 0)
  const count = Math.max(real, leastRows(shape))
  const tokens = new Int32Array(rows * length)
  const places = new Int32Array(count)
  const labels = new Int32Array(count)
  let filled = 0
  let padded = real
  for (let row = 0; row < rows; row++) {
    const own = batch.lengths[row] ?? 0
    for (let position = 0; position < own; position++) {
      const source = batch.begins[row] + position
      tokens[row * length + position] = histories.itemOf[source]
      places[filled] = row * length + position
      labels[filled++] = histories.itemOf[source + 1]
    }
    for (let position = own; position < length && padded < count; position++) places[padded++] = row * length + position
  }
  return {
    tokens: tensor(tokens, [tokens.length]),
    places: tensor(places, [count]),
    labels: tensor(labels, [count]),
    weights: tensor(new Float32Array(count).fill(1 / real, 0, real), [count, 1]),
  }
}
