import { sampleCategorical } from '../algorithms/statistics/discrete-samplers.ts'
import { type RandomSource, uniformInt } from '../algorithms/statistics/random.ts'
import { sampleNormal } from '../algorithms/statistics/samplers.ts'
import type { Audience } from './audience.ts'
import { genreCentroids, genreCount, genres } from './genres.ts'
import { Shelves } from './shelves.ts'
import { dot } from './vectors.ts'

/** How slots are filled: by popularity, by what suits the person, by browsing a category, at random. */
const popular = 0
const personal = 1
const browsing = 2
const mixture = [0.22, 0.48, 0.25, 0.05]
/** Personal picks choose among this many titles by a noisy guess of the affinity. */
const personalChoices = 20
const guessNoise = 0.15
const orderNoise = 1
/** Half of the requests are ordered by a guess of the preference: the log's positions are confounded, as in reality. */
const orderedShare = 0.5
/** A title shown lately is passed over this often. */
const avoidRepeats = 0.985
const attemptsPerSlot = 12

/** The recommender that made the history: of middling quality, with exploration. */
export class Incumbent {
  private readonly audience: Audience
  private readonly shelves: Shelves
  private readonly titleCount: number
  private readonly leaning = new Float64Array(genreCount)
  private readonly mixture = Float64Array.from(mixture)

  constructor(audience: Audience) {
    this.audience = audience
    this.shelves = new Shelves(audience.world.groundTruth.titles)
    this.titleCount = audience.world.itemCount
  }

  /** Puts out the shelves of a day; once per visit, as visits that run past midnight would swap them back and forth. */
  open(visitTime: number): void {
    this.shelves.moveTo(visitTime)
  }

  /** Up to `size` different titles that are available to the person at `time`, first position first. */
  slate(person: number, time: number, size: number, random: RandomSource): number[] {
    this.prepare(person, time)
    const slate: number[] = []
    for (let slot = 0; slot < size; slot++) {
      for (let attempt = 0; attempt < attemptsPerSlot; attempt++) {
        const title = this.propose(person, time, random)
        if (title < 0 || slate.includes(title) || !this.audience.truth.available(person, title, time)) continue
        if (this.audience.wasShown(person, title) && random.next() < avoidRepeats) continue
        slate.push(title)
        break
      }
    }
    return random.next() < orderedShare ? this.ordered(slate, person, time, random) : slate
  }

  /** How the person leans, which holds for the whole slate. */
  private prepare(person: number, time: number): void {
    const taste = this.audience.truth.taste(person, time)
    for (let g = 0; g < genreCount; g++) {
      this.leaning[g] = genres[g].prior * Math.exp(4 * dot(taste, genreCentroids[g]))
    }
    this.mixture[popular] = mixture[popular] * Math.exp(-this.audience.world.groundTruth.people.novelty[person])
  }

  private propose(person: number, time: number, random: RandomSource): number {
    switch (sampleCategorical(random, this.mixture)) {
      case popular:
        return this.shelves.popular(random)
      case personal:
        return this.bestGuess(person, time, random)
      case browsing:
        return this.shelves.popularIn(sampleCategorical(random, this.leaning), random)
      default:
        return uniformInt(random, this.titleCount)
    }
  }

  /** Nine choices in ten come from liked categories, one from anywhere, so that niche titles are found too. */
  private bestGuess(person: number, time: number, random: RandomSource): number {
    let best = -1
    let highest = Number.NEGATIVE_INFINITY
    for (let choice = 0; choice < personalChoices; choice++) {
      const title =
        choice % 10 !== 0
          ? this.shelves.popularIn(sampleCategorical(random, this.leaning), random)
          : uniformInt(random, this.titleCount)
      if (title < 0) continue
      const guess = this.audience.truth.affinity(person, title, time) + sampleNormal(random, 0, guessNoise)
      if (guess > highest && this.audience.truth.available(person, title, time)) {
        highest = guess
        best = title
      }
    }
    return best
  }

  private ordered(slate: readonly number[], person: number, time: number, random: RandomSource): number[] {
    return slate
      .map(title => ({
        title,
        guess: this.audience.truth.preference(person, title, time) + sampleNormal(random, 0, orderNoise),
      }))
      .sort((a, b) => b.guess - a.guess)
      .map(entry => entry.title)
  }
}
