import { describe, expect, it } from 'vitest'
import { EventBatches } from '../../../benchmarks/traffic/event-batches.ts'
import { defaultMix, type KnownFeed, RequestMix } from '../../../benchmarks/traffic/request-mix.ts'

const users = Array.from({ length: 50 }, (_, i) => `u${i}`)
const feeds: KnownFeed[] = [
  { requestId: 'r1', user: 'u3', items: ['a', 'b'] },
  { requestId: 'r2', user: 'stranger-0', items: ['c'] },
]
const count = 20_000

function drawn(overrides: Partial<typeof defaultMix> = {}) {
  const mix = new RequestMix({ ...defaultMix, ...overrides }, users, feeds)
  return mix.take(count).map(({ path, body }) => ({ path, body: JSON.parse(body) }))
}

describe('the mix of requests', () => {
  it('is the same for the same seed, and another one for another seed', () => {
    const take = (seed: number) => new RequestMix({ ...defaultMix, seed }, users, feeds).take(100)
    expect(take(5)).toEqual(take(5))
    expect(take(5)).not.toEqual(take(6))
  })

  it('has the stated shares of events and of strangers', () => {
    const requests = drawn({ eventShare: 0.2, coldShare: 0.3 })
    const events = requests.filter(({ path }) => path === '/v1/events')
    const feedUsers = requests.filter(({ path }) => path === '/v1/recommendations').map(({ body }) => body.userId)
    const strangers = feedUsers.filter(user => user.startsWith('stranger-'))
    // Five standard deviations of a fair draw.
    expect(Math.abs(events.length / count - 0.2)).toBeLessThan(5 * Math.sqrt((0.2 * 0.8) / count))
    const n = feedUsers.length
    expect(Math.abs(strangers.length / n - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / n))
    expect(new Set(strangers).size).toBe(strangers.length)
  })

  it('asks for the most active the most often, as Zipf says', () => {
    const asked = new Map<string, number>()
    for (const { body } of drawn({ eventShare: 0, coldShare: 0, userSkew: 1 })) {
      asked.set(body.userId, (asked.get(body.userId) ?? 0) + 1)
    }
    expect(asked.get('u0')! / asked.get('u9')!).toBeGreaterThan(7)
    expect(asked.get('u0')! / asked.get('u9')!).toBeLessThan(14)
  })

  it('sends events about items that the same person was shown in that feed', () => {
    for (const { path, body } of drawn()) {
      if (path !== '/v1/events') continue
      const feed = feeds.find(({ requestId }) => requestId === body.requestId)
      expect(feed?.user).toBe(body.user)
      expect(feed?.items).toContain(body.item)
    }
  })

  it('refuses to make events about nothing', () => {
    expect(() => new RequestMix(defaultMix, users, [])).toThrow('events need feeds')
    expect(new RequestMix({ ...defaultMix, eventShare: 0 }, users, []).take(3)).toHaveLength(3)
  })
})

describe('batches of events', () => {
  it('have the stated size, and hold people and items that exist', () => {
    const batches = new EventBatches({ eventsPerBatch: 7, ack: 'applied' }, defaultMix, users, feeds).take(50)
    for (const { path, body } of batches) {
      expect(path).toBe('/v1/events?ack=applied')
      const events = JSON.parse(body)
      expect(events).toHaveLength(7)
      for (const { user, item } of events) {
        expect(users).toContain(user)
        expect(['a', 'b', 'c']).toContain(item)
      }
    }
  })
})
