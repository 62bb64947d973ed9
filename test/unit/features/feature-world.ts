import { expect } from 'vitest'
import { CandidateSet } from '../../../domain/candidate-set.ts'
import { FeatureAssembler } from '../../../features/assemble.ts'
import { applyToCounters } from '../../../features/item-counters.ts'
import { featureCount, featureIndex } from '../../../features/schema.ts'
import { applyEvent } from '../../../features/user-fold.ts'
import { UserState } from '../../../features/user-state.ts'
import { buildUserView, type UserView } from '../../../features/user-view.ts'
import { noQueryVectors, type PerSpace, type QueryVectors } from '../../../features/vector-spaces.ts'
import { defaultSettings, event, FakeCounters, type FakeItem, FakeItems, FakeVectors } from './fakes.ts'

export const day = 86_400_000
export const now = Date.UTC(2024, 0, 15, 6)
export const request = { region: 0, language: 0, device: 0, deviceClassOf: () => 0 }

export function candidatesOf(items: readonly number[], rowAt: (item: number) => number): CandidateSet {
  const candidates = new CandidateSet(Math.max(1, items.length))
  candidates.count = items.length
  items.forEach((item, i) => {
    candidates.item[i] = item
    candidates.row[i] = rowAt(item)
    candidates.bestRank[i] = i
    candidates.proposers[i] = 1 + i
    candidates.coVisitation[i] = i / 3
  })
  return candidates
}

/** Reads one feature of one candidate of a small world with nothing in it but what a test puts there. */
export class World {
  readonly items: FakeItems
  readonly counters: FakeCounters
  readonly user = new UserState()
  collaborative = new FakeVectors(2, [])
  content = new FakeVectors(2, [])
  twoTower = new FakeVectors(2, [])
  sequence = new FakeVectors(2, [])
  query: QueryVectors = noQueryVectors
  #seq = 0

  constructor(items: readonly FakeItem[]) {
    this.items = new FakeItems(items)
    this.counters = new FakeCounters(items.length)
  }

  /** The user does something, and the item counters hear of it too. */
  does(item: number, roles: number, time: number, value = Number.NaN) {
    const next = event({ seq: ++this.#seq, item, roles, time, value })
    expect(applyEvent(this.user, next, this.items, defaultSettings)).toBe('applied')
    applyToCounters(this.counters, next, defaultSettings)
  }

  vectors(byItem: readonly (readonly number[] | undefined)[]): FakeVectors {
    return new FakeVectors(2, byItem.toReversed())
  }

  get spaces(): PerSpace<FakeVectors> {
    const { collaborative, content, twoTower, sequence } = this
    return { collaborative, content, twoTower, sequence }
  }

  read(item: number, change: Partial<UserView> = {}, prepare: (candidates: CandidateSet) => void = () => {}) {
    const candidates = candidatesOf([item], item => this.items.rowAt(item, this.#seq))
    prepare(candidates)
    const view = { ...buildUserView(this.user, request, now, defaultSettings), ...change }
    const { items, counters, spaces } = this
    const out = new Float32Array(featureCount)
    const tables = { items, catalogSeq: this.#seq, counters, spaces }
    new FeatureAssembler(defaultSettings).assemble(view, candidates, tables, this.query, out)
    return (name: string) => out[featureIndex(name)]
  }
}
