/** The simulator knows what people like: that is what a new item's neighbours are compared with. */
import { beforeAll, describe, expect, it } from 'vitest'
import { CONTENT_ENCODER_DEFAULTS, ContentEncoder } from '../../../../algorithms/text/content-encoder.ts'
import { historiesUntil, type InteractionData } from '../../../../evaluation/two-tower/interaction-data.ts'
import { profileRows } from '../../../../evaluation/two-tower/tower-inputs.ts'
import { engagementWeight } from '../../../../features/engagement-weight.ts'
import { contentDocument } from '../../../../funnel/content-document.ts'
import { describeItem } from '../../../../models/two-tower/descriptions.ts'
import { itemFeatureDefaults, itemFeatureWidth, writeItemFeatures } from '../../../../models/two-tower/item-features.ts'
import { ItemTowerKernel, packItemTower } from '../../../../models/two-tower/item-tower-kernel.ts'
import { UserTower } from '../../../../models/two-tower/tower-sessions.ts'
import { exportUserTower } from '../../../../models/two-tower/towers.ts'
import { trainTwoTower } from '../../../../models/two-tower/two-tower-trainer.ts'
import { userVectors } from '../../../../models/two-tower/user-vectors.ts'
import { events } from '../../../../simulator/events.ts'
import { simulatorSettings } from '../../../../simulator/settings.ts'
import { Truth } from '../../../../simulator/truth.ts'
import { createWorld, itemIndex, userIndex } from '../../../../simulator/world.ts'
import { rolesOf } from '../../features/fakes.ts'

const world = createWorld(simulatorSettings({ seed: 5, titles: 400, people: 200, days: 25, sessionsPerWeek: 4 }))
const truth = new Truth(world)
/** Every eighth title is new: nothing that anybody did with it is known, nor its text while anything is fitted. */
const isNew = (title: number): boolean => title % 8 === 3
const titles = Array.from({ length: world.itemCount }, (_, title) => title)
const [fresh, known] = [titles.filter(isNew), titles.filter(title => !isNew(title))]
const small = { dimension: 32, batchSize: 256, negatives: 128, hardTake: 30, historyLength: 50, examplesPerEpoch: 5000 }
const layout = itemFeatureDefaults
const width = itemFeatureWidth(layout)

function knownInteractions(): InteractionData {
  const placeOf = new Map(known.map((title, place) => [title, place]))
  const rows: { user: number; item: number; time: number; roles: number }[] = []
  for (const event of events(world)) {
    const item = placeOf.get(itemIndex(world, event.item))
    const roles = rolesOf(event.type, event.value) ?? 0
    if (item === undefined || event.type === 'impression') continue
    rows.push({ user: userIndex(world, event.user), item, time: event.time, roles })
  }
  return {
    items: known.map(title => world.item(title)),
    users: [...world.users()],
    user: Uint32Array.from(rows, row => row.user),
    item: Uint32Array.from(rows, row => row.item),
    time: Float64Array.from(rows, row => row.time),
    weight: Float32Array.from(rows, row => engagementWeight(row.roles)),
    liked: new Uint8Array(rows.length),
  }
}

/** Scores and true affinities of every person with every new title, [person][new title]. */
let scores: number[][] = []
let affinity: number[][] = []

beforeAll(async () => {
  const data = knownInteractions()
  const histories = historiesUntil(data, data.user.length)
  const encoder = ContentEncoder.fit(data.items.map(contentDocument), CONTENT_ENCODER_DEFAULTS, 1)
  const content = new Float32Array(encoder.dimension)
  const rowOf = (title: number, out: Float32Array, at = 0) => {
    const item = world.item(title)
    const isDescribed = encoder.encode(contentDocument(item), content)
    writeItemFeatures(layout, describeItem(item, isDescribed ? content : undefined), out, at)
  }
  const rows = new Float32Array(known.length * width)
  for (const [place, title] of known.entries()) rowOf(title, rows, place * width)
  const trained = await trainTwoTower({
    histories,
    weights: histories.weightOf,
    itemFeatures: { width, rows },
    userFeatures: profileRows(data),
    settings: { ...small, epochs: 6 },
    seed: 2,
    threads: 1,
  })
  const { architecture, parameters, itemVectors } = trained
  const kernel = new ItemTowerKernel(architecture, packItemTower(parameters))
  const tower = await UserTower.open(exportUserTower(architecture, parameters), { architecture })
  const people = Uint32Array.from({ length: world.userCount }, (_, person) => person)
  const vectors = await userVectors(tower, { itemVectors, histories, weights: histories.weightOf }, people)
  await tower.close()
  const { dimension } = architecture
  const features = new Float32Array(width)
  const freshVectors = fresh.map(title => {
    rowOf(title, features)
    const vector = new Float32Array(dimension)
    kernel.encode(features, vector)
    return vector
  })
  scores = Array.from(people, person =>
    freshVectors.map(vector => vector.reduce((sum, value, d) => sum + value * vectors[person * dimension + d], 0)),
  )
  affinity = Array.from(people, person => fresh.map(title => truth.affinity(person, title, world.endsAt)))
}, 60_000)

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const column = (matrix: readonly number[][], at: number) => matrix.map(row => row[at])
/** Places in descending order of the values. */
const descending = (values: readonly number[]) => [...values.keys()].sort((a, b) => values[b] - values[a])

describe('titles without a single event', () => {
  it('are retrieved for the people who truly like their kind before others', () => {
    const shares = fresh.map((_, at) => {
      const byTaste = descending(column(affinity, at))
      const fans = byTaste.slice(0, byTaste.length / 5)
      const others = byTaste.slice(-byTaste.length / 2)
      const score = column(scores, at)
      const wins = fans.flatMap(fan => others.map(other => Number(score[fan] > score[other])))
      return mean(wins)
    })
    expect(mean(shares)).toBeGreaterThan(0.65)
    expect(shares.filter(share => share > 0.5).length / shares.length).toBeGreaterThan(0.8)
  })

  it('come to a person in an order that their true taste agrees with, far better than a random one', () => {
    const gains = scores.map((row, person) => {
      const first = descending(row).slice(0, 10)
      return mean(first.map(at => affinity[person][at])) - mean(affinity[person])
    })
    const best = affinity.map(row => mean([...row].sort((a, b) => b - a).slice(0, 10)) - mean(row))
    expect(mean(gains)).toBeGreaterThan(0.3 * mean(best))
  })
})
