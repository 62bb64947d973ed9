import { describe, expect, it } from 'vitest'
import { Role } from '../../../domain/roles.ts'
import { CounterEpochReader } from '../../../domain/shared/counter-epochs.ts'
import { personalRequest } from '../../../evaluation/personal-request.ts'
import { Popularity } from '../../../evaluation/popularity.ts'
import { Replay } from '../../../learning/replay.ts'
import { sampleEvent, sampleItem, startOf2024, testSettings } from '../../fakes/samples.ts'

const settings = testSettings()

/** Items a, b, c of which b is hidden; the person has seen a. */
function world() {
  const replay = new Replay(settings, { itemsMax: 100, rowsMax: 100 })
  let seq = 0
  for (const item of [sampleItem('a'), sampleItem('b', { hidden: true }), sampleItem('c'), sampleItem('d')]) {
    replay.apply({ seq: ++seq, record: { kind: 'item', at: 0, item } })
  }
  replay.apply({ seq: ++seq, record: { kind: 'event', at: 0, event: sampleEvent('u', 'a') } })
  const rankFor = (popularity: Popularity, user: string) => {
    const request = personalRequest(replay, settings, user, startOf2024 + 1)
    const tables = { items: replay.catalog.items, counters: new CounterEpochReader(replay.epoch) }
    return Array.from(popularity.rank(request, tables, 10), item => replay.catalog.itemId(item))
  }
  return { find: (id: string) => replay.catalog.findItem(id), rankFor }
}

describe('the popularity baseline', () => {
  it('orders by plain counts and leaves out what nobody met', () => {
    const { find, rankFor } = world()
    const popularity = new Popularity('engagements')
    for (const id of ['c', 'c', 'c', 'a', 'a']) popularity.count(sampleEvent('x', id), find(id))
    expect(rankFor(popularity, 'newcomer')).toEqual(['c', 'a'])
  })

  it('keeps to the filters of the funnel: nothing hidden, nothing seen', () => {
    const { find, rankFor } = world()
    const popularity = new Popularity('engagements')
    for (const id of ['a', 'b', 'c', 'd', 'd']) popularity.count(sampleEvent('x', id), find(id))
    expect(rankFor(popularity, 'u')).toEqual(['d', 'c'])
  })

  it('counts what it is told to count', () => {
    const { find, rankFor } = world()
    const likes = new Popularity('likes')
    likes.count(sampleEvent('x', 'c'), find('c'))
    likes.count(sampleEvent('x', 'c', { roles: Role.impression }), find('c'))
    likes.count(sampleEvent('x', 'd', { roles: Role.click | Role.positive }), find('d'))
    expect(rankFor(likes, 'newcomer')).toEqual(['d'])
  })
})
