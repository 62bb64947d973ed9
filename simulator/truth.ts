import FlatQueue from 'flatqueue'
import type { People } from './people.ts'
import { DAY_MS, dayDeviceHours, formatFit, HOUR_MS, regionLanguage, youngestAge } from './segments.ts'
import { Tastes } from './tastes.ts'
import type { Titles } from './titles.ts'
import { dot, sigmoid } from './vectors.ts'
import { themeCount } from './vocabulary.ts'
import type { World } from './world.ts'

/** Log-odds of the response model. Affinity is the cosine of taste and title, mostly within -0.3 and 0.9. */
const openTerms = { base: -1.5, affinity: 8, quality: 0.35, heat: 0.45, foreign: -1.1, english: -0.35, known: -2 }
const finishTerms = { base: 0.2, affinity: 1.8, quality: 0.3, minutes: -0.5, typicalMinutes: 10 }
const likeTerms = { base: -3.1, affinity: 2.5, quality: 0.5, unfinishedShare: 0.15 }
const dislikeTerms = { base: -2.9, affinity: -2.5, quality: -0.5, finishedShare: 0.25, unopenedShare: 0.06 }
const pulseHeight = 1.5
const pulseDays = 1.5

/** Probabilities of one step given the steps before it. */
export interface Reaction {
  /** Of a click, given that the title was examined. */
  readonly open: number
  /** Given a click. */
  readonly finish: number
  /** Given a click, with and without a finish. */
  readonly likeFinished: number
  readonly likeUnfinished: number
  /** Given a click and no like, with and without a finish; and given that it was examined and passed over. */
  readonly dislikeFinished: number
  readonly dislikeUnfinished: number
  readonly dislikeUnopened: number
}

/** Probabilities of one impression, each on its own: what a perfect, calibrated model would predict. */
export interface OutcomeProbabilities {
  readonly examined: number
  readonly click: number
  readonly finish: number
  readonly positive: number
  readonly negative: number
}

const nothing: OutcomeProbabilities = { examined: 0, click: 0, finish: 0, positive: 0, negative: 0 }

/**
 * The judge's view of a world: what people would do. Everything is computed when asked for; memory is O(people).
 * Titles and people are the world's numbers, times epoch ms, positions count from 0.
 *
 * The click model is position-based (Richardson, Dominowska and Ragno, WWW 2007): P(click) = P(examined | position) *
 * P(open | title), and examination falls as (1 + position)^-decay with each person's own decay.
 */
export class Truth {
  private readonly titles: Titles
  private readonly people: People
  private readonly tastes: Tastes

  constructor(world: World) {
    this.titles = world.groundTruth.titles
    this.people = world.groundTruth.people
    this.tastes = new Tastes(world.settings.seed, this.people, world.startsAt)
  }

  /** Released, not expired, licensed in the person's region and suitable for the youngest age of their band. */
  available(person: number, title: number, time: number): boolean {
    const { titles, people } = this
    return (
      titles.publishedAt[title] <= time &&
      time < titles.expiresAt[title] &&
      (titles.regions[title] & (1 << people.region[person])) !== 0 &&
      titles.maturity[title] <= youngestAge[people.ageBand[person]]
    )
  }

  examination(person: number, position: number): number {
    return (1 + position) ** -this.people.positionDecay[person]
  }

  /** Cosine of what the person likes at that time and what the title is. */
  affinity(person: number, title: number, time: number): number {
    return dot(this.tastes.at(person, time), this.titles.vectors, title * themeCount)
  }

  /** The taste at a time, a copy of a unit vector over the themes. */
  taste(person: number, time: number): Float32Array {
    return this.tastes.at(person, time).slice()
  }

  /**
   * The true preference: log-odds of opening a title that is examined. `known` says that the person opened it before.
   * It orders titles the same way at every position.
   */
  preference(person: number, title: number, time: number, known = false): number {
    const { titles, people } = this
    return (
      openTerms.base +
      people.appetite[person] +
      openTerms.affinity * this.affinity(person, title, time) +
      openTerms.quality * titles.quality[title] +
      openTerms.heat * titleHeat(titles, title, time) -
      people.novelty[person] * titles.fame[title] +
      languageTerm(people.region[person], titles.origin[title]) +
      formatFit[deviceAt(people, person, time)][titles.format[title]] +
      (known ? openTerms.known : 0)
    )
  }

  reaction(person: number, title: number, time: number, known = false): Reaction {
    const { titles, people } = this
    const affinity = this.affinity(person, title, time)
    const quality = titles.quality[title]
    const finish =
      finishTerms.base +
      finishTerms.affinity * affinity +
      finishTerms.quality * quality +
      finishTerms.minutes * Math.log(titles.minutes[title] / finishTerms.typicalMinutes) +
      formatFit[deviceAt(people, person, time)][titles.format[title]]
    const generosity = people.generosity[person]
    const like = sigmoid(likeTerms.base + likeTerms.affinity * affinity + likeTerms.quality * quality + generosity)
    const dislike = sigmoid(
      dislikeTerms.base + dislikeTerms.affinity * affinity + dislikeTerms.quality * quality - generosity,
    )
    return {
      open: sigmoid(this.preference(person, title, time, known)),
      finish: sigmoid(finish),
      likeFinished: like,
      likeUnfinished: like * likeTerms.unfinishedShare,
      dislikeFinished: dislike * dislikeTerms.finishedShare,
      dislikeUnfinished: dislike,
      dislikeUnopened: dislike * dislikeTerms.unopenedShare,
    }
  }

  /** All zero for a title that is not available to the person at that time. */
  outcomes(person: number, title: number, time: number, position: number, known = false): OutcomeProbabilities {
    if (!this.available(person, title, time)) return nothing
    const examined = this.examination(person, position)
    const r = this.reaction(person, title, time, known)
    const disliked =
      r.finish * (1 - r.likeFinished) * r.dislikeFinished +
      (1 - r.finish) * (1 - r.likeUnfinished) * r.dislikeUnfinished
    return {
      examined,
      click: examined * r.open,
      finish: examined * r.open * r.finish,
      positive: examined * r.open * (r.finish * r.likeFinished + (1 - r.finish) * r.likeUnfinished),
      negative: examined * (r.open * disliked + (1 - r.open) * r.dislikeUnopened),
    }
  }

  /** The `count` available titles of highest preference, best first. O(titles). */
  idealRanking(person: number, time: number, count: number): Uint32Array {
    const worst = new FlatQueue<number>()
    for (let title = 0; title < this.titles.count; title++) {
      if (!this.available(person, title, time)) continue
      const preference = this.preference(person, title, time)
      if (worst.length < count) worst.push(title, preference)
      else if (count > 0 && preference > worst.peekValue()!) {
        worst.pop()
        worst.push(title, preference)
      }
    }
    const ranking = new Uint32Array(worst.length)
    for (let rank = ranking.length - 1; rank >= 0; rank--) ranking[rank] = worst.pop()!
    return ranking
  }
}

/** How much a title is talked about: its launch, fading since release, and a sudden pulse that some have. */
export function titleHeat(titles: Titles, title: number, time: number): number {
  const age = time - titles.publishedAt[title]
  if (age < 0) return 0
  const launch = titles.launch[title] * Math.exp(-age / (titles.launchDays[title] * DAY_MS))
  const pulseAt = titles.pulseAt[title]
  if (pulseAt === 0) return launch
  const distance = (time - pulseAt) / (pulseDays * DAY_MS)
  return launch + pulseHeight * Math.exp(-distance * distance)
}

/** Index into `devices`: by day and in the evening people use different ones. */
export function deviceAt(people: People, person: number, time: number): number {
  const hour = (time % DAY_MS) / HOUR_MS
  const [from, to] = dayDeviceHours
  return hour >= from && hour < to ? people.dayDevice[person] : people.eveningDevice[person]
}

/** The person's own language costs nothing, English little, another one more. */
function languageTerm(region: number, origin: number): number {
  const spoken = regionLanguage[region]
  const title = regionLanguage[origin]
  if (spoken === title) return 0
  return title === 'en' ? openTerms.english : openTerms.foreign
}
