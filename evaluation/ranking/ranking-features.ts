/**
 * The features of every impression, from what was known before it: one walk over the log in the order of time.
 *
 * Invariant: the features of a row are a function of what the log says of strictly earlier times, and of the row's own
 * columns other than its outcomes. Rows of one moment do not see each other.
 *
 * What one person did is taken in with a delay. Without it a person's own rate rises with each positive outcome, so that
 * among the few impressions of that person positives stand at lower rates than negatives do: the rate, which tells people
 * apart well, then ranks each person's impressions backwards.
 */
import { ExpectedOutcomes, OutcomeRates, type Outcomes } from './outcome-rates.ts'
import type { CategoryColumn, EarlierImpressions, RankingLog } from './ranking-log.ts'

export interface RankingFeatures {
  readonly names: readonly string[]
  /** [rows, names] */
  readonly values: Float32Array
}

/** Impressions of the prior: many for what is shared by all, few for what one person thinks of something. */
const sharedStrength = 20
const ownStrength = 5

const hourMs = 3_600_000

/** @param ownDelayMs how long the outcomes of a person's own impressions stay out of that person's features */
export function rankingFeatures(log: RankingLog, ownDelayMs: number): RankingFeatures {
  const walk = new FeatureWalk(log, ownDelayMs)
  walk.run()
  return { names: walk.names, values: walk.values }
}

/** One table of rates, and the key of an impression in it. */
interface Rates {
  readonly name: string
  readonly table: OutcomeRates
  /** Whether the key names a person. */
  readonly own: boolean
  readonly key: (row: number) => number
  /** The key of an earlier impression; absent where that is not known. */
  readonly earlierKey?: (user: number, item: number) => number
}

class FeatureWalk {
  readonly names: string[] = []
  readonly values: Float32Array
  readonly #log: RankingLog
  readonly #ownDelayMs: number
  readonly #expectedOutcomes: ExpectedOutcomes
  readonly #rates: readonly Rates[]
  readonly #expected: Float64Array
  #nextEarlier = 0
  #nextShared = 0
  #nextOwn = 0

  constructor(log: RankingLog, ownDelayMs: number) {
    const signals = log.signals.length
    this.#log = log
    this.#ownDelayMs = ownDelayMs
    this.#expectedOutcomes = new ExpectedOutcomes(signals, log.context.size)
    this.#rates = ratesOf(log)
    this.#expected = new Float64Array(signals)
    for (const signal of log.signals) this.names.push(`${log.context.name}.${signal}`)
    for (const { name } of this.#rates) {
      this.names.push(`${name}.count`, ...log.signals.map(signal => `${name}.${signal}`))
    }
    this.names.push(...log.numbers.map(({ name }) => name), 'hour.sin', 'hour.cos')
    this.values = new Float32Array(log.rows * this.names.length)
  }

  run(): void {
    const { times, rows } = this.#log
    for (let row = 0; row < rows; row++) {
      this.#takeEarlier(times[row])
      while (times[this.#nextShared] < times[row]) this.#take(this.#nextShared++, false)
      while (times[this.#nextOwn] < times[row] - this.#ownDelayMs) this.#take(this.#nextOwn++, true)
      this.#write(row)
    }
  }

  #write(row: number): void {
    const { context, times, numbers } = this.#log
    const out = this.values
    let at = row * this.names.length
    this.#expectedOutcomes.read(context.values[row], this.#expected)
    for (const probability of this.#expected) out[at++] = Math.log(probability / (1 - probability))
    for (const { table, key } of this.#rates) {
      table.write(key(row), this.#expectedOutcomes.typical, out, at)
      at += table.width
    }
    for (const { values } of numbers) out[at++] = values[row]
    const angle = ((times[row] / hourMs) % 24) * (Math.PI / 12)
    out[at++] = Math.sin(angle)
    out[at] = Math.cos(angle)
  }

  /** Takes one row into the tables of persons, or into all others. */
  #take(row: number, ofPersons: boolean): void {
    const { context, signals, outcomes } = this.#log
    this.#expectedOutcomes.read(context.values[row], this.#expected)
    const told: Outcomes = { observed: outcomes, at: row * signals.length, expected: this.#expected }
    for (const { table, key, own } of this.#rates) if (own === ofPersons) table.add(key(row), told)
    if (!ofPersons) this.#expectedOutcomes.add(context.values[row], outcomes, told.at)
  }

  /** Takes in what became known before that time. */
  #takeEarlier(time: number): void {
    const { earlier } = this.#log
    while (this.#nextEarlier < earlier.length && earlier[this.#nextEarlier].time < time) {
      this.#takeImpressions(earlier[this.#nextEarlier++])
    }
  }

  /** The context of earlier impressions is not known: the overall probability is what was to be expected. */
  #takeImpressions({ user, items, outcomes }: EarlierImpressions): void {
    const { signals } = this.#log
    for (const index of items.keys()) this.#expectedOutcomes.add(-1, outcomes, index * signals.length)
    for (const [index, item] of items.entries()) {
      const told = { observed: outcomes, at: index * signals.length, expected: this.#expectedOutcomes.typical }
      for (const { table, earlierKey } of this.#rates) if (earlierKey) table.add(earlierKey(user, item), told)
    }
  }
}

function ratesOf(log: RankingLog): Rates[] {
  const signals = log.signals.length
  const { users, context, categories } = log
  const shared = () => new OutcomeRates(signals, sharedStrength)
  const own = () => new OutcomeRates(signals, ownStrength)
  const rates: Rates[] = []
  for (const category of categories) {
    const { name, of, values } = category
    const table = shared()
    rates.push({ name, table, own: of === 'user', key: row => values[row], earlierKey: earlierKeyOf(category) })
  }
  for (const category of [...categories.filter(({ perUser }) => perUser), context]) {
    const { name, values, size, byItem } = category
    rates.push({
      name: `user×${name}`,
      table: own(),
      own: true,
      key: row => users[row] * size + values[row],
      earlierKey: byItem && ((user, item) => user * size + byItem[item]),
    })
  }
  for (const { name, values, perUser } of categories) {
    if (!perUser) continue
    const key = (row: number) => values[row] * context.size + context.values[row]
    rates.push({ name: `${name}×${context.name}`, table: shared(), own: false, key })
  }
  return rates
}

function earlierKeyOf({ of, byItem, name }: CategoryColumn): Rates['earlierKey'] {
  if (of === 'item' && byItem) return (_user, item) => byItem[item]
  return of === 'user' && name === 'user' ? user => user : undefined
}
