import { ZipfSampler } from '../../algorithms/statistics/discrete-samplers.ts'
import { createRandom, splitSeed, type Xoshiro128 } from '../../algorithms/statistics/random.ts'
import type { AcknowledgementLevel } from '../../domain/event.ts'
import type { KnownFeed, MixSettings, PreparedRequest, RequestStream } from './request-mix.ts'

/** An endless, seeded stream of batches of clicks: people by their activity, items as feeds show them. */
export class EventBatches implements RequestStream {
  private readonly path: string
  private readonly eventsPerBatch: number
  private readonly users: readonly string[]
  private readonly items: readonly string[]
  private readonly random: Xoshiro128
  private readonly ranks: ZipfSampler

  /** @param users the most active first */
  constructor(
    batch: { readonly eventsPerBatch: number; readonly ack: AcknowledgementLevel },
    { seed, userSkew }: Pick<MixSettings, 'seed' | 'userSkew'>,
    users: readonly string[],
    feeds: readonly KnownFeed[],
  ) {
    this.path = `/v1/events?ack=${batch.ack}`
    this.eventsPerBatch = batch.eventsPerBatch
    this.users = users
    this.items = feeds.flatMap(feed => feed.items)
    this.random = createRandom(splitSeed(seed, 'event batches'))
    this.ranks = new ZipfSampler(users.length, userSkew)
  }

  take(count: number): PreparedRequest[] {
    return Array.from({ length: count }, () => ({ path: this.path, body: JSON.stringify(this.batch()) }))
  }

  /** Without ids or times, so that one body can be sent again and still holds new events. */
  private batch(): object[] {
    return Array.from({ length: this.eventsPerBatch }, () => {
      const item = this.items[Math.floor(this.random.next() * this.items.length)]
      return { type: 'click', user: this.users[this.ranks.sample(this.random)], item }
    })
  }
}
