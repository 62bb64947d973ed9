import { describe, expect, it } from 'vitest'
import { createRandom, shuffle } from '../../../algorithms/statistics/random.ts'
import type { InteractionEvent } from '../../../domain/event.ts'
import { events } from '../../../simulator/events.ts'
import { ageBands, DAY_MS } from '../../../simulator/segments.ts'
import { simulatorSettings } from '../../../simulator/settings.ts'
import { Truth } from '../../../simulator/truth.ts'
import { createWorld, itemIndex, userIndex } from '../../../simulator/world.ts'
import { factorise } from './factorise.ts'

const world = createWorld(simulatorSettings())
const log = [...events(world)]
const clicks = log.filter(event => event.type === 'click')
const cut = world.startsAt + 0.85 * (world.endsAt - world.startsAt)
const openedBy = (part: readonly InteractionEvent[]) => {
  const sets: Set<number>[] = Array.from({ length: world.userCount }, () => new Set())
  for (const event of part) sets[userIndex(world, event.user)].add(itemIndex(world, event.item))
  return sets
}
const history = openedBy(clicks.filter(event => event.time < cut))
const future = openedBy(clicks.filter(event => event.time >= cut))
const truth = new Truth(world)

/** Mean recall at 50 of titles opened after the cut, over people with a history, titles opened before excluded. */
function recallAt50(score: (user: number, item: number) => number): number {
  const recalls: number[] = []
  for (let user = 0; user < world.userCount; user++) {
    const wanted = future[user].difference(history[user])
    if (wanted.size === 0 || history[user].size < 5) continue
    const candidates: { item: number; score: number }[] = []
    for (let item = 0; item < world.itemCount; item++) {
      if (history[user].has(item) || !truth.available(user, item, cut)) continue
      candidates.push({ item, score: score(user, item) })
    }
    candidates.sort((a, b) => b.score - a.score)
    recalls.push(candidates.slice(0, 50).filter(candidate => wanted.has(candidate.item)).length / wanted.size)
  }
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length
}

const popularity = new Float64Array(world.itemCount)
for (const items of history) for (const item of items) popularity[item]++
const popularityRecall = recallAt50((_, item) => popularity[item])
const factors = factorise(history, world.itemCount, 6)
const collaborativeRecall = recallAt50((user, item) => factors.score(user, item))

/** Scores by the words that a person's titles share with a title, rare words counting more. */
function contentScore(): (user: number, item: number) => number {
  const numbers = new Map<string, number>()
  const texts = [...world.items()].map(item => {
    const words = `${item.title} ${item.text} ${item.categories.join('_ ')}_ ${item.creators.join('_ ')}_`
    const distinct = new Set(words.toLowerCase().match(/[\p{L}_]{3,}/gu))
    for (const word of distinct) if (!numbers.has(word)) numbers.set(word, numbers.size)
    return Uint32Array.from(distinct, word => numbers.get(word)!)
  })
  const count = new Float64Array(numbers.size)
  for (const words of texts) for (const word of words) count[word]++
  const rarity = count.map(holders => Math.log(texts.length / holders))
  const lengths = texts.map(words => Math.hypot(...Array.from(words, word => rarity[word])))
  const profile = new Float64Array(numbers.size)
  let profiled = -1
  return (user, item) => {
    if (user !== profiled) {
      profiled = user
      profile.fill(0)
      for (const own of history[user]) for (const word of texts[own]) profile[word] += rarity[word] / lengths[own]
    }
    return texts[item].reduce((sum, word) => sum + profile[word] * rarity[word], 0) / lengths[item]
  }
}

describe('what can be learned from the history', () => {
  it('is collaborative above all: a matrix factorisation finds far more than popularity', () => {
    expect(collaborativeRecall).toBeGreaterThan(1.4 * popularityRecall)
  })

  it('lies in the content too, more weakly', () => {
    const random = createRandom(4)
    const chance = recallAt50(() => random.next())
    const recall = recallAt50(contentScore())
    expect(recall).toBeGreaterThan(3 * chance)
    expect(recall).toBeLessThan(collaborativeRecall)
  })

  it('includes trends: titles are clicked most after their release', () => {
    const inWeek = [0, 0, 0]
    for (const event of clicks) {
      const released = world.groundTruth.titles.publishedAt[itemIndex(world, event.item)]
      const week = Math.floor((event.time - released) / (7 * DAY_MS))
      if (released >= world.startsAt && released < world.endsAt - 21 * DAY_MS && week < 3) inWeek[week]++
    }
    expect(inWeek[0]).toBeGreaterThan(1.3 * inWeek[1])
    expect(inWeek[1]).toBeGreaterThan(1.1 * inWeek[2])
  })

  it('includes segments: age bands differ in the categories they open, more than chance would have it', () => {
    const bandOf = Array.from({ length: world.userCount }, (_, user) =>
      ageBands.indexOf(world.user(user).ageBand as never),
    )
    const spread = (bands: readonly number[]) => {
      const perBand = ageBands.map(() => new Map<string, number>())
      const totals = new Float64Array(ageBands.length)
      for (const event of clicks) {
        const band = bands[userIndex(world, event.user)]
        const [category] = categories[itemIndex(world, event.item)]
        perBand[band].set(category, (perBand[band].get(category) ?? 0) + 1)
        totals[band]++
      }
      let sum = 0
      for (const category of new Set(categories.flat())) {
        const shares = perBand.map((counts, band) => (counts.get(category) ?? 0) / totals[band])
        sum += Math.max(...shares) - Math.min(...shares)
      }
      return sum
    }
    const categories = [...world.items()].map(item => item.categories)
    const shuffled = [...bandOf]
    shuffle(shuffled, createRandom(9))
    expect(spread(bandOf)).toBeGreaterThan(1.5 * spread(shuffled))
  })
})
