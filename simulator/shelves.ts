import { AliasTable } from '../algorithms/statistics/discrete-samplers.ts'
import type { RandomSource } from '../algorithms/statistics/random.ts'
import { genreCount } from './genres.ts'
import { DAY_MS } from './segments.ts'
import { genresPerTitle, NONE, type Titles } from './titles.ts'
import { titleHeat } from './truth.ts'

/** Log-weights of a title's place in the crowd's attention. */
const fameWeight = 1.75
const heatWeight = 1.2

/** What a shop window would hold on one day: titles by attention, overall and per category. */
export class Shelves {
  private readonly titles: Titles
  private readonly members: readonly Uint32Array[]
  private day = Number.NaN
  private all: AliasTable | null = null
  private genres: (AliasTable | null)[] = []

  constructor(titles: Titles) {
    this.titles = titles
    this.members = membersByGenre(titles)
  }

  /** Moves to the day of `time`. O(titles) once per day, nothing otherwise. */
  moveTo(time: number): void {
    const day = Math.floor(time / DAY_MS)
    if (day === this.day) return
    this.day = day
    const weights = attention(this.titles, day * DAY_MS)
    this.all = tableOf(weights)
    this.genres = this.members.map(titles => tableOf(Float64Array.from(titles, title => weights[title])))
  }

  /** A title by attention, -1 when there is none that day. */
  popular(random: RandomSource): number {
    return this.all === null ? -1 : this.all.sample(random)
  }

  popularIn(genre: number, random: RandomSource): number {
    const table = this.genres[genre]
    return table === null ? -1 : this.members[genre][table.sample(random)]
  }
}

function attention(titles: Titles, dayStart: number): Float64Array {
  const noon = dayStart + DAY_MS / 2
  const weights = new Float64Array(titles.count)
  for (let title = 0; title < titles.count; title++) {
    if (titles.publishedAt[title] >= dayStart + DAY_MS || titles.expiresAt[title] <= dayStart) continue
    weights[title] = Math.exp(fameWeight * titles.fame[title] + heatWeight * titleHeat(titles, title, noon))
  }
  return weights
}

function tableOf(weights: Float64Array): AliasTable | null {
  return weights.some(weight => weight > 0) ? new AliasTable(weights) : null
}

function membersByGenre(titles: Titles): Uint32Array[] {
  const members: number[][] = Array.from({ length: genreCount }, () => [])
  for (let slot = 0; slot < titles.genres.length; slot++) {
    const genre = titles.genres[slot]
    if (genre !== NONE) members[genre].push(Math.floor(slot / genresPerTitle))
  }
  return members.map(titles => Uint32Array.from(titles))
}
