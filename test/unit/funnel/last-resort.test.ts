import { describe, expect, it } from 'vitest'
import { decodeFrame } from '../../../domain/frame.ts'
import type { RecommendationRequest } from '../../../domain/recommendation.ts'
import { UserState } from '../../../features/user-state.ts'
import { CountersState } from '../../../funnel/counters-state.ts'
import { foldEvent } from '../../../funnel/fold-event.ts'
import { LastResort } from '../../../funnel/last-resort.ts'
import { rankingLayout } from '../../../funnel/ranking-frame.ts'
import { tablesOf } from '../../fakes/loaded-models.ts'
import { packedRequest } from '../../fakes/requests.ts'
import { catalogOf, startOf2024 as now, sampleEvent, sampleItems, testSettings } from '../../fakes/samples.ts'

const settings = testSettings()
const catalog = catalogOf(sampleItems(12).map(item => (item.id === 'i7' ? { ...item, hidden: true } : item)))

/** Item n is engaged with n times. */
function popularity() {
  const counters = new CountersState(settings)
  let seq = 0
  for (let item = 0; item < 12; item++) {
    for (let times = 0; times < item; times++) {
      const event = sampleEvent(`u${times}`, `i${item}`, { eventId: `e${++seq}`, time: now - 1000 })
      counters.apply(foldEvent(event, item, seq, catalog))
    }
  }
  return counters.publish(seq + 1, now)
}

const epoch = popularity()

async function feedOf(user: UserState, request: Partial<RecommendationRequest> = {}) {
  const lastResort = new LastResort(settings, () => 0)
  lastResort.setTables(tablesOf(catalog, 1, epoch))
  const asked = {
    requestId: 'r',
    userId: 'u',
    n: 5,
    context: {},
    exclude: [],
    categories: [],
    explain: false,
    ...request,
  }
  const pins = { counterEpoch: epoch.counters.epoch }
  return decodeFrame(rankingLayout, await lastResort.feed(packedRequest(catalog, { request: asked, user, pins, now })))
}

describe('the feed of last resort', () => {
  it('is made of what is popular, without a model', async () => {
    const feed = await feedOf(new UserState())
    expect(feed.neural).toBe(0)
    expect(feed.slateLength).toBe(5)
    expect([...feed.items.subarray(0, 3)].every(item => item >= 8)).toBe(true)
  })

  it('goes through the filters of every other feed', async () => {
    const user = new UserState()
    for (const item of [11, 10]) user.seen.add(item, 100)
    const feed = await feedOf(user, { exclude: ['i9'], n: 12 })
    expect([...feed.items]).not.toEqual(expect.arrayContaining([7]))
    for (const removed of [7, 9, 10, 11]) expect([...feed.items]).not.toContain(removed)
    expect(feed.items.length).toBeGreaterThan(3)
  })
})
