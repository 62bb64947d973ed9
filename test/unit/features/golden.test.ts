import { expect, it } from 'vitest'
import { CandidateSet } from '../../../domain/candidate-set.ts'
import { FeatureAssembler } from '../../../features/assemble.ts'
import { hashFeatures } from '../../../features/feature-hash.ts'
import { hashEventId } from '../../../features/folded-event.ts'
import { applyToCounters } from '../../../features/item-counters.ts'
import { featureCount, featureSchema, featureSchemaHash } from '../../../features/schema.ts'
import { applyEvent, applyProfile } from '../../../features/user-fold.ts'
import { UserState } from '../../../features/user-state.ts'
import { encodeUserState } from '../../../features/user-state-codec.ts'
import { buildUserView } from '../../../features/user-view.ts'
import { defaultSettings, FakeCounters, FakeItems, FakeVectors, rolesOf } from './fakes.ts'

const hour = 3_600_000
const start = Date.UTC(2023, 2, 1, 18, 30)
const itemCount = 12
const dimension = 6

const items = new FakeItems(
  Array.from({ length: itemCount }, (_, i) => ({
    publishedAt: i === 7 ? undefined : start - i * i * 90 * 24 * hour,
    categories: [1 + (i % 5), 1 + ((i * 3) % 5)].slice(0, 1 + (i % 2)),
    creators: i % 3 === 2 ? [] : [900 + (i % 4)],
    maturity: (i * 6) % 19,
    language: i % 3,
    regions: i % 4 === 0 ? [2, 33] : [],
  })),
)

const vectors = (phase: number, absent: number) =>
  new FakeVectors(
    dimension,
    Array.from({ length: itemCount }, (_, row) =>
      row === absent
        ? undefined
        : Array.from({ length: dimension }, (_, d) => (((row * 7 + d * 5 + phase) % 11) - 5) / 8),
    ),
  )

/** Thirty events: three sessions, an event that comes late, one that comes twice, and one about an item that is gone. */
const journal = Array.from({ length: 30 }, (_, i) => {
  const type = ['impression', 'impression', 'click', 'finish', 'impression', 'rating', 'dislike', 'play'][(i * 3) % 8]
  const value = type === 'rating' ? 1 + (i % 5) : type === 'play' ? (i % 10) / 9 : Number.NaN
  const lateMs = i === 20 ? 70 * hour : 0
  return {
    seq: i + 1,
    userHash: 1,
    eventIdHash: hashEventId(i === 25 ? 'event-24' : `event-${i}`),
    item: i === 27 ? itemCount : (i * 5) % itemCount,
    roles: rolesOf(type, value)!,
    value,
    time: start + i * 300_000 + Math.floor(i / 10) * 50 * hour - lateMs,
    region: i % 9 === 0 ? 2 : 0,
    language: 1,
    device: 3,
  }
})

/**
 * What was served must be computable again for ever. When this fails because a feature means something else now, give
 * that feature a new version in its group, and only then take over the new words with `vitest -u`.
 */
it('a fixed journal gives the recorded bits of every feature, and of the stored state', async () => {
  const user = new UserState()
  const counters = new FakeCounters(itemCount)
  applyProfile(user, { region: 2, language: 1, ageBand: 3, age: 25, device: 1, segment: 4 }, 0)
  const outcomes = journal.map(event => {
    const outcome = applyEvent(user, event, items, defaultSettings)
    if (outcome === 'applied') applyToCounters(counters, event, defaultSettings)
    return outcome
  })
  expect(outcomes.filter(outcome => outcome !== 'applied')).toEqual(['duplicate', 'unknown-item'])

  const now = journal[29].time + 4 * 60_000
  const request = { region: 0, language: 0, device: 0, deviceClassOf: (device: number) => device }
  const view = buildUserView(user, request, now, defaultSettings)
  const candidates = new CandidateSet(itemCount)
  candidates.count = itemCount
  for (let i = 0; i < itemCount; i++) {
    candidates.item[i] = i
    candidates.row[i] = items.currentRow(i)
    candidates.bestRank[i] = (i * 7) % itemCount
    candidates.proposers[i] = 1 + (i % 7)
    candidates.coVisitation[i] = (i % 4) * 0.375
  }
  const spaces = {
    collaborative: vectors(0, 3),
    content: vectors(4, 9),
    twoTower: vectors(2, 5),
    sequence: vectors(1, 7),
  }
  const tables = { items, catalogSeq: 30, counters, spaces }
  const query = {
    collaborative: Float32Array.of(0.5, -0.25, 0.125, 0.75, -1, 0.375),
    content: Float32Array.of(0.25, 0.5, -0.5, 1, 0.125, 0),
    twoTower: Float32Array.of(0.5, 0.25, 0, -0.25, 1, 0.125),
    sequence: Float32Array.of(-0.5, 4, 2, 0.5, 0, 1),
  }
  const out = new Float32Array(itemCount * featureCount)
  new FeatureAssembler(defaultSettings).assemble(view, candidates, tables, query, out)

  const words = new Uint32Array(out.buffer)
  const wordsOf = (feature: number) =>
    Array.from({ length: itemCount }, (_, i) => words[i * featureCount + feature].toString(16).padStart(8, '0')).join(
      ' ',
    )
  const golden = {
    schema: featureSchemaHash(defaultSettings),
    hash: hashFeatures(out, out.length).toString(16).padStart(8, '0'),
    state: Buffer.from(encodeUserState(user)).toString('base64'),
    features: Object.fromEntries(featureSchema.map(({ name, version }, i) => [`${name} v${version}`, wordsOf(i)])),
  }
  await expect(`${JSON.stringify(golden, null, 2)}\n`).toMatchFileSnapshot('golden-vectors.json')
})
