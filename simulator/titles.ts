import { AliasTable, sampleCategorical } from '../algorithms/statistics/discrete-samplers.ts'
import { createRandom, type RandomSource, splitSeed, uniformInt } from '../algorithms/statistics/random.ts'
import { sampleExponential, sampleNormal, sampleUniform } from '../algorithms/statistics/samplers.ts'
import type { Creators } from './creators.ts'
import { genreCentroids, genreCount, genres } from './genres.ts'
import { DAY_MS, formatMinutes, formatShare, regionShare, regions } from './segments.ts'
import type { SimulatorSettings } from './settings.ts'
import { addScaled, dot, normalise } from './vectors.ts'
import { themeCount } from './vocabulary.ts'

export const NONE = 0xffff_ffff
export const genresPerTitle = 3
export const creatorsPerTitle = 2
const everywhere = (1 << regions.length) - 1
const maturityLevels = [0, 7, 12, 16, 18]
/** Shares of the hidden vector: what categories say, what the maker says, and what nothing public says. */
const genreWeight = 0.55
const creatorWeight = 0.45
const ownWeight = 0.38
const mainGenreShare = [1, 0.5, 0.3]

/** All titles as columns. Vectors, quality, fame, launch and pulse are hidden: nothing public is a copy of them. */
export interface Titles {
  readonly count: number
  /** [count × themes], unit rows. */
  readonly vectors: Float32Array
  /** [count × 3], `NONE` where a title has fewer. */
  readonly genres: Uint32Array
  /** [count × 2], `NONE` where a title has one. */
  readonly creators: Uint32Array
  readonly quality: Float32Array
  /** Standard normal: how much of the crowd's attention a title draws. */
  readonly fame: Float32Array
  /** Extra attention at release, and the days in which it falls by a factor of e. */
  readonly launch: Float32Array
  readonly launchDays: Float32Array
  /** Epoch ms around which a title is suddenly talked about; 0 for most. */
  readonly pulseAt: Float64Array
  readonly publishedAt: Float64Array
  /** Epoch ms, Infinity where the licence has no end. */
  readonly expiresAt: Float64Array
  /** One bit per region in the order of `regions`. */
  readonly regions: Uint8Array
  readonly maturity: Uint8Array
  /** Region whose language the title is in. */
  readonly origin: Uint8Array
  readonly format: Uint8Array
  readonly minutes: Float32Array
}

export function createTitles(settings: SimulatorSettings, creators: Creators): Titles {
  const count = settings.titles
  const titles: Titles = {
    count,
    vectors: new Float32Array(count * themeCount),
    genres: new Uint32Array(count * genresPerTitle).fill(NONE),
    creators: new Uint32Array(count * creatorsPerTitle).fill(NONE),
    quality: new Float32Array(count),
    fame: new Float32Array(count),
    launch: new Float32Array(count),
    launchDays: new Float32Array(count),
    pulseAt: new Float64Array(count),
    publishedAt: new Float64Array(count),
    expiresAt: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    regions: new Uint8Array(count).fill(everywhere),
    maturity: new Uint8Array(count),
    origin: new Uint8Array(count),
    format: new Uint8Array(count),
    minutes: new Float32Array(count),
  }
  const random = createRandom(splitSeed(settings.seed, 'titles'))
  const origins = new AliasTable(regionShare)
  for (let title = 0; title < count; title++) {
    drawVector(titles, title, creators, random)
    drawAppeal(titles, title, creators, random)
    drawDates(titles, title, settings, random)
    titles.origin[title] = origins.sample(random)
    drawLicence(titles, title, random)
    const format = sampleCategorical(random, formatShare)
    titles.format[title] = format
    titles.minutes[title] = sampleUniform(random, formatMinutes[format][0], formatMinutes[format][1])
  }
  return titles
}

/** Maker first, then categories that suit the maker, then the vector as a mix of both and of something of its own. */
function drawVector(titles: Titles, title: number, creators: Creators, random: RandomSource): void {
  const vector = titles.vectors.subarray(title * themeCount, (title + 1) * themeCount)
  const makers = random.next() < 0.25 ? 2 : 1
  for (let slot = 0; slot < makers; slot++) {
    const maker = creators.pick(random)
    if (slot === 1 && maker === titles.creators[title * creatorsPerTitle]) break
    titles.creators[title * creatorsPerTitle + slot] = maker
    addScaled(vector, creators.vectors, 1, maker * themeCount)
  }
  normalise(vector)

  const leaning = genreCentroids.map((centroid, g) => genres[g].prior * Math.exp(3 * dot(centroid, vector)))
  const kinds = 1 + sampleCategorical(random, [0.3, 0.45, 0.25])
  const mix = new Float32Array(themeCount)
  for (let slot = 0; slot < kinds; slot++) {
    const genre = sampleCategorical(random, leaning)
    titles.genres[title * genresPerTitle + slot] = genre
    addScaled(mix, genreCentroids[genre], mainGenreShare[slot])
    for (let g = 0; g < genreCount; g++) leaning[g] *= Math.exp(2 * dot(genreCentroids[g], genreCentroids[genre]))
    leaning[genre] = 0
  }
  for (let k = 0; k < themeCount; k++) {
    vector[k] = creatorWeight * vector[k] + ownWeight * sampleNormal(random, 0, 1 / Math.sqrt(themeCount))
  }
  addScaled(vector, normalise(mix), genreWeight)
  normalise(vector)
  titles.maturity[title] = drawMaturity(titles.genres[title * genresPerTitle], random)
}

function drawMaturity(genre: number, random: RandomSource): number {
  const shift = sampleCategorical(random, [0.3, 0.5, 0.2]) - 1
  const level = maturityLevels.indexOf(genres[genre].maturity) + shift
  return maturityLevels[Math.min(maturityLevels.length - 1, Math.max(0, level))]
}

/** Fame follows quality only in part: the crowd also looks at what is merely loud. */
function drawAppeal(titles: Titles, title: number, creators: Creators, random: RandomSource): void {
  const makerFame = creators.fame[titles.creators[title * creatorsPerTitle]]
  titles.quality[title] = 0.5 * makerFame + Math.sqrt(0.75) * sampleNormal(random)
  titles.fame[title] = 0.5 * titles.quality[title] + 0.3 * makerFame + 0.75 * sampleNormal(random)
  titles.launch[title] = Math.exp(sampleNormal(random, 0.2, 0.5))
  titles.launchDays[title] = sampleUniform(random, 4, 15)
}

/** Seven in ten titles are older than the history; the others appear while it runs. */
function drawDates(titles: Titles, title: number, settings: SimulatorSettings, random: RandomSource): void {
  const { startsAt, days } = settings
  const published =
    random.next() < 0.7
      ? startsAt - DAY_MS * (1 + sampleExponential(random, 1 / 500))
      : startsAt + DAY_MS * days * random.next()
  titles.publishedAt[title] = Math.floor(published)
  const visibleFrom = Math.max(published, startsAt)
  if (random.next() < 0.08)
    titles.expiresAt[title] = Math.floor(visibleFrom + DAY_MS * sampleUniform(random, 5, 2 * days + 5))
  if (random.next() < 0.06) titles.pulseAt[title] = Math.floor(visibleFrom + DAY_MS * days * random.next())
}

/** One title in seven is licensed in some regions only, most often its own among them. */
function drawLicence(titles: Titles, title: number, random: RandomSource): void {
  if (random.next() >= 0.15) return
  let mask = random.next() < 0.8 ? 1 << titles.origin[title] : 1 << uniformInt(random, regions.length)
  for (let region = 0; region < regions.length; region++) if (random.next() < 0.3) mask |= 1 << region
  titles.regions[title] = mask
}
