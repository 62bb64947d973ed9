import { describe, expect, it } from 'vitest'
import { Role } from '../../../domain/roles.ts'
import { CounterEpochReader } from '../../../domain/shared/counter-epochs.ts'
import { EaseBaseline } from '../../../evaluation/ease-baseline.ts'
import { KnownHistories } from '../../../evaluation/known-histories.ts'
import { personalRequest } from '../../../evaluation/personal-request.ts'
import { Replay } from '../../../learning/replay.ts'
import { sampleEvent, sampleItem, startOf2024, testSettings } from '../../fakes/samples.ts'

const settings = testSettings()

/** Items a to f. Of sixty people half met a, b and e, and half c, d and e; nobody met f. */
async function world() {
  const replay = new Replay(settings, { itemsMax: 100, rowsMax: 100 })
  const known = new KnownHistories()
  let seq = 0
  for (const id of 'abcdef') {
    replay.apply({ seq: ++seq, record: { kind: 'item', at: 0, item: sampleItem(id) } })
  }
  const tell = (user: string, id: string, roles?: number) => {
    const event = sampleEvent(user, id, roles === undefined ? {} : { roles })
    replay.apply({ seq: ++seq, record: { kind: 'event', at: 0, event } })
    known.count(event, replay.catalog.findItem(id))
  }
  for (let person = 0; person < 60; person++) {
    for (const id of person % 2 === 0 ? 'abe' : 'cde') tell(`p${person}`, id)
  }
  const ease = (await EaseBaseline.fit(known, 1))!
  const rankFor = (user: string) => {
    const request = personalRequest(replay, settings, user, startOf2024 + 1)
    const tables = { items: replay.catalog.items, counters: new CounterEpochReader(replay.epoch) }
    return Array.from(ease.for(user).rank(request, tables, 10), item => replay.catalog.itemId(item))
  }
  return { tell, rankFor }
}

describe('EASE beside the funnel', () => {
  it('answers by the history of the moment, also of people who came after it was fitted', async () => {
    const { tell, rankFor } = await world()
    tell('late', 'a')
    expect(rankFor('late').indexOf('b')).toBeLessThan(rankFor('late').indexOf('d'))
    tell('other', 'c')
    expect(rankFor('other').indexOf('d')).toBeLessThan(rankFor('other').indexOf('b'))
  })

  it('shows nothing twice, and nothing that nobody had met', async () => {
    const { tell, rankFor } = await world()
    tell('late', 'a')
    expect(rankFor('late').sort()).toEqual(['b', 'c', 'd', 'e'])
  })

  it('gives people without a history what most people have met', async () => {
    const { rankFor } = await world()
    expect(rankFor('newcomer')[0]).toBe('e')
  })

  it('takes a dislike for no sign of taste', async () => {
    const { tell, rankFor } = await world()
    tell('late', 'a', Role.click | Role.negative)
    expect(rankFor('late')[0]).toBe('e')
  })

  it('is not there where nobody has met anything', async () => {
    expect(await EaseBaseline.fit(new KnownHistories(), 1)).toBeNull()
  })
})
