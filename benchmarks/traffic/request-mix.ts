import { AliasTable, ZipfSampler } from '../../algorithms/statistics/discrete-samplers.ts'
import { createRandom, splitSeed, type Xoshiro128 } from '../../algorithms/statistics/random.ts'

/** What people ask for and send back; everything about the load follows from it. */
export interface MixSettings {
  readonly seed: number
  /** Exponent s: the r-th most active person asks in proportion to r^-s. */
  readonly userSkew: number
  /** Share of feeds that are for somebody the engine has never heard of, each time somebody else. */
  readonly coldShare: number
  /** Share of requests that send an event about an item of an earlier feed. */
  readonly eventShare: number
}

export const defaultMix: MixSettings = { seed: 1, userSkew: 0.8, coldShare: 0.1, eventShare: 0.1 }

/** One POST, ready to be sent. */
export interface PreparedRequest {
  readonly path: string
  readonly body: string
}

/** Requests in an order that never ends. */
export interface RequestStream {
  take(count: number): PreparedRequest[]
}

/** A feed that somebody got, which events can refer to. */
export interface KnownFeed {
  readonly requestId: string
  readonly user: string
  readonly items: readonly string[]
}

const devices = ['iPhone', 'smart-tv', 'desktop', 'tablet']
const feedSizes = [10, 30]
const feedSizeShares = new AliasTable([0.9, 0.1])
const eventTypes = ['click', 'finish', 'like']
const eventTypeShares = new AliasTable([0.7, 0.2, 0.1])

/** An endless, seeded stream of requests. */
export class RequestMix implements RequestStream {
  private readonly settings: MixSettings
  private readonly users: readonly string[]
  private readonly feeds: readonly KnownFeed[]
  private readonly random: Xoshiro128
  private readonly ranks: ZipfSampler
  private strangers = 0

  /**
   * @param users the most active first
   * @param feeds what events are about; may be empty only where `eventShare` is 0
   */
  constructor(settings: MixSettings, users: readonly string[], feeds: readonly KnownFeed[]) {
    if (settings.eventShare > 0 && feeds.length === 0) throw new RangeError('events need feeds to be about')
    this.settings = settings
    this.users = users
    this.feeds = feeds
    this.random = createRandom(splitSeed(settings.seed, 'requests'))
    this.ranks = new ZipfSampler(users.length, settings.userSkew)
  }

  next(): PreparedRequest {
    return this.random.next() < this.settings.eventShare ? this.event() : this.feed()
  }

  take(count: number): PreparedRequest[] {
    return Array.from({ length: count }, () => this.next())
  }

  feed(): PreparedRequest {
    const { random } = this
    const isStranger = random.next() < this.settings.coldShare
    const userId = isStranger ? `stranger-${this.strangers++}` : this.users[this.ranks.sample(random)]
    const n = feedSizes[feedSizeShares.sample(random)]
    const device = devices[Math.floor(random.next() * devices.length)]
    return { path: '/v1/recommendations', body: JSON.stringify({ userId, n, context: { device } }) }
  }

  /** Without an id or a time, so that one body can be sent again and still is a new event. */
  private event(): PreparedRequest {
    const { random } = this
    const { requestId, user, items } = this.feeds[Math.floor(random.next() * this.feeds.length)]
    const item = items[Math.floor(random.next() * items.length)]
    const type = eventTypes[eventTypeShares.sample(random)]
    return { path: '/v1/events', body: JSON.stringify({ type, user, item, requestId }) }
  }
}
