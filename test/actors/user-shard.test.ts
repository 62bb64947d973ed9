import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventsApplied } from '../../actors/user-shard/protocol.ts'
import { Role } from '../../domain/roles.ts'
import { noQueryVectors } from '../../features/vector-spaces.ts'
import { tell } from '../../supervision/actor-ref.ts'
import type { MemoryOnlineStore } from '../fakes/memory-online-store.ts'
import { Probe } from '../fakes/probe.ts'
import { settle } from './supervision.harness.ts'
import { catalog, clicked, type EventFields, firstSeq, forget, profile, startShard } from './user-shard.harness.ts'

describe('a user shard', () => {
  it('shows in a view everything that was folded before it was asked for', async () => {
    const { fold, viewOf } = startShard()
    fold(clicked({ seq: firstSeq, item: 3 }), clicked({ seq: firstSeq + 1, item: 7 }))
    const { view } = await viewOf('u')
    expect([...view.seen]).toEqual([3, 7])
    expect([...view.historyItem]).toEqual([7, 3])
    expect([view.userSeq, view.known]).toEqual([firstSeq + 1, 1])
  })

  it('has an empty view of somebody unknown, and does not get to know them by it', async () => {
    const { viewOf, userOf } = startShard()
    const { view } = await viewOf('nobody')
    expect([view.known, view.seen.length, view.userSeq]).toEqual([0, 0, 0])
    expect(await userOf('nobody')).toBeNull()
  })

  it('tells the senders of a batch what became of each of their events', async () => {
    const { fold } = startShard()
    const [mine, yours] = [new Probe<EventsApplied>(), new Probe<EventsApplied>()]
    fold(
      { ...clicked({ seq: firstSeq, eventId: 'same' }), appliedTo: mine },
      { ...clicked({ seq: firstSeq + 1, eventId: 'same' }), appliedTo: yours },
      { ...clicked({ seq: firstSeq + 2, eventId: 'other' }), appliedTo: mine },
      { ...clicked({ seq: firstSeq + 3, eventId: 'same', user: 'v' }), appliedTo: yours },
      clicked({ seq: firstSeq + 4 }),
    )
    await settle()
    expect(mine.received).toMatchObject([{ seqs: [firstSeq, firstSeq + 2], outcomes: ['applied', 'applied'] }])
    expect(yours.received).toMatchObject([{ seqs: [firstSeq + 1, firstSeq + 3], outcomes: ['duplicate', 'applied'] }])
  })

  it('folds an event once, however often the journal hands it on', async () => {
    const { fold, viewOf } = startShard()
    const entries = [0, 1, 2].map(i => clicked({ seq: firstSeq + i, item: i }))
    fold(...entries)
    const before = await viewOf('u')
    fold(...entries)
    fold(entries[1])
    expect(await viewOf('u')).toEqual(before)
  })

  it('takes profiles in journal order, and passes over older ones', async () => {
    const { fold, viewOf, userOf } = startShard()
    fold(profile('u', firstSeq + 5, { region: 'de', ageBand: '25-34' }), profile('u', firstSeq + 2, { region: 'fr' }))
    const { view } = await viewOf('u')
    expect([view.age, view.region]).toEqual([25, catalog.regionCode('de')])
    expect(await userOf('u')).toEqual({ id: 'u', region: 'de', ageBand: '25-34' })
  })

  it('tells the counters the segment of engagements, where it is known, and only for the roles that are new', async () => {
    const { fold, counters } = startShard()
    fold(
      clicked({ seq: firstSeq }),
      profile('u', firstSeq + 1, { region: 'de' }),
      clicked({ seq: firstSeq + 2, item: 4 }),
      clicked({ seq: firstSeq + 3, item: 4, roles: Role.click | Role.finish }),
    )
    await settle()
    const engagements = counters.of('segments').flatMap(message => message.engagements)
    expect(engagements.map(({ seq, item, roles }) => [seq, item, roles])).toEqual([
      [firstSeq + 2, 4, Role.click],
      [firstSeq + 3, 4, Role.finish],
    ])
  })

  it('goes on behind an entry that a defect stops', async () => {
    const { fold, viewOf, logged } = startShard()
    fold({ ...clicked({ seq: firstSeq }), event: null as never }, clicked({ seq: firstSeq + 1, item: 5 }))
    expect([...(await viewOf('u')).view.seen]).toEqual([5])
    expect(logged.join('')).toContain('an entry was skipped')
  })

  it('keeps its people when it is restarted after a defect', async () => {
    const { fold, viewOf, shard, time } = startShard()
    fold(clicked({ seq: firstSeq, item: 9 }))
    tell(shard, { type: 'fold', batch: null as never })
    await settle()
    time.advance(1000)
    expect([...(await viewOf('u')).view.seen]).toEqual([9])
  })
})

describe('cached query vectors', () => {
  const vectors = { ...noQueryVectors, collaborative: Float32Array.of(1), content: Float32Array.of(2) }
  const query = { generation: 2, querySeq: 9, key: 3, vectors }

  it('are given out for the model set and the state they were computed for', async () => {
    const { shard, fold, viewOf } = startShard()
    fold(clicked({ seq: firstSeq }))
    tell(shard, { type: 'cache-query', userId: 'u', userSeq: firstSeq, query })
    expect((await viewOf('u', 2)).query).toEqual(query)
    expect((await viewOf('u', 3)).query).toBeNull()
  })

  it('are forgotten with the next event, and not kept when they come too late', async () => {
    const { shard, fold, viewOf } = startShard()
    fold(clicked({ seq: firstSeq }))
    tell(shard, { type: 'cache-query', userId: 'u', userSeq: firstSeq, query })
    fold(clicked({ seq: firstSeq + 1, item: 2 }))
    expect((await viewOf('u', 2)).query).toBeNull()
    tell(shard, { type: 'cache-query', userId: 'u', userSeq: firstSeq, query })
    expect((await viewOf('u', 2)).query).toBeNull()
  })
})

describe('people who are not in memory', () => {
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        user: fc.integer({ min: 0, max: 5 }).map(n => `u${n}`),
        item: fc.nat(29),
        roles: fc.integer({ min: 1, max: 31 }),
        eventId: fc.nat(40).map(n => `e${n}`),
      }),
    },
    { weight: 1, arbitrary: fc.record({ forgotten: fc.integer({ min: 0, max: 5 }).map(n => `u${n}`) }) },
    { weight: 2, arbitrary: fc.constantFrom('settle' as const, 'hold' as const, 'release' as const) },
  )

  type Change = Omit<EventFields, 'seq'> | { readonly forgotten: string }

  const entryOf = (change: Change, seq: number) =>
    'forgotten' in change ? forget(change.forgotten, seq) : clicked({ ...change, seq })

  async function disturb(store: MemoryOnlineStore, how: 'settle' | 'hold' | 'release'): Promise<void> {
    if (how === 'settle') return settle()
    store.isHeld = how === 'hold'
    if (how === 'release') store.releaseAll()
  }

  it('are in the same state as if they had always been, whatever the store was doing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
        const roomy = startShard()
        const crowded = startShard({ 'users.residentsPerShardMax': 2 })
        for (const [i, step] of steps.entries()) {
          if (typeof step === 'string') await disturb(crowded.store, step)
          else for (const { fold } of [roomy, crowded]) fold(entryOf(step, firstSeq + i))
        }
        await disturb(crowded.store, 'release')
        await settle()
        for (let n = 0; n < 6; n++) expect(await crowded.viewOf(`u${n}`)).toEqual(await roomy.viewOf(`u${n}`))
      }),
      { numRuns: 25 },
    )
  })

  it('were written before they left, those longest unused first', async () => {
    const { store, fold, viewOf } = startShard({ 'users.residentsPerShardMax': 2 })
    fold(clicked({ seq: firstSeq, user: 'a' }), clicked({ seq: firstSeq + 1, user: 'b' }))
    await viewOf('a')
    fold(clicked({ seq: firstSeq + 2, user: 'c' }))
    await settle()
    expect(['a', 'b', 'c'].map(user => store.get('users', user) !== undefined)).toEqual([false, true, false])
  })

  it('are read as they are in memory while their state is being written', async () => {
    const { store, fold, viewOf } = startShard({ 'users.residentsPerShardMax': 1 })
    store.isHeld = true
    fold(clicked({ seq: firstSeq, user: 'a', item: 1 }), clicked({ seq: firstSeq + 1, user: 'b' }))
    await settle()
    expect(store.underWay).toBe(1)
    fold(clicked({ seq: firstSeq + 2, user: 'a', item: 2 }))
    expect([...(await viewOf('a')).view.seen]).toEqual([1, 2])
    store.isHeld = false
    store.releaseAll()
    await settle()
    expect([...(await viewOf('a')).view.seen]).toEqual([1, 2])
  })

  it('stay in memory while their state can not be written', async () => {
    const { system, store, fold, viewOf } = startShard({ 'users.residentsPerShardMax': 1 })
    store.failure = new Error('the disk is full')
    fold(clicked({ seq: firstSeq, user: 'a', item: 1 }), clicked({ seq: firstSeq + 1, user: 'b', item: 2 }))
    await settle()
    expect(system.health()).toMatchObject({ state: 'degraded', ready: true })
    expect([...(await viewOf('a')).view.seen]).toEqual([1])
    store.failure = null
    fold(clicked({ seq: firstSeq + 2, user: 'c' }))
    await settle()
    expect(store.get('users', 'a')).toBeDefined()
    expect(system.health().state).toBe('ready')
  })

  it('are forgotten at once, wherever their state is, and begin anew with the next event', async () => {
    const { store, fold, viewOf, userOf, snapshot } = startShard()
    fold(profile('u', firstSeq, { region: 'de' }), clicked({ seq: firstSeq + 1, item: 1 }))
    snapshot(firstSeq + 1)
    await settle()
    store.isHeld = true
    fold(forget('u', firstSeq + 2))
    expect(await userOf('u')).toBeNull()
    expect((await viewOf('u')).view.known).toBe(0)
    fold(clicked({ seq: firstSeq + 3, item: 2 }))
    expect([...(await viewOf('u')).view.seen]).toEqual([2])
    store.isHeld = false
    store.releaseAll()
    await settle()
    expect(store.get('users', 'u')).toBeUndefined()
    expect([...(await viewOf('u')).view.seen]).toEqual([2])
  })
})
