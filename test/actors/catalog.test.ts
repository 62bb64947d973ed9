import { describe, expect, it } from 'vitest'
import { catalogActor } from '../../actors/catalog/actor.ts'
import type { CatalogMessage } from '../../actors/catalog/protocol.ts'
import type { CountersMessage } from '../../actors/counters/protocol.ts'
import type { IndexShardMessage } from '../../actors/index-shard/protocol.ts'
import type { JournalMessage } from '../../actors/journal/protocol.ts'
import type { EventsApplied, ShardEntry, UserShardMessage } from '../../actors/user-shard/protocol.ts'
import { CatalogState, noDocuments } from '../../domain/catalog-state.ts'
import type { JournalEvent } from '../../domain/event.ts'
import { hashId } from '../../domain/identity/id-dictionary.ts'
import type { Item } from '../../domain/item.ts'
import type { JournalRecord } from '../../domain/journal.ts'
import { tell } from '../../supervision/actor-ref.ts'
import { liveModels } from '../fakes/loaded-models.ts'
import { MemoryOnlineStore } from '../fakes/memory-online-store.ts'
import { Probe } from '../fakes/probe.ts'
import { sampleEvent, sampleItem, testSettings } from '../fakes/samples.ts'
import { settle, testSystem } from './supervision.harness.ts'

const put = (item: Item): JournalRecord => ({ kind: 'item', at: 0, item })
const remove = (id: string): JournalRecord => ({ kind: 'item-delete', at: 0, id })
const happened = (event: JournalEvent): JournalRecord => ({ kind: 'event', at: event.receivedAt, event })
const epoch: JournalRecord = { kind: 'epoch', at: 5 }

function start(values: Record<string, number> = {}) {
  const { system, time, logged } = testSystem()
  const state = new CatalogState({ itemsMax: 1000, rowsMax: 20_000 }, noDocuments)
  const users = [new Probe<UserShardMessage>('users-0'), new Probe<UserShardMessage>('users-1')]
  const shards = [new Probe<IndexShardMessage>('index-0'), new Probe<IndexShardMessage>('index-1')]
  const counters = new Probe<CountersMessage>('counters')
  const applied: number[] = []
  const epochsRequestedAt: number[] = []
  const catalog = system.spawn<CatalogMessage>(
    'catalog',
    catalogActor({
      state,
      models: liveModels(state, 1000).models,
      store: new MemoryOnlineStore(),
      userShards: users,
      counters,
      indexShards: shards,
      requestEpoch: () => epochsRequestedAt.push(state.appliedSeq),
      onApplied: seq => applied.push(seq),
      monotonic: time,
      settings: testSettings(values),
    }),
  )
  let next = 1
  const commit = (records: JournalRecord[], appliedTo?: Probe<EventsApplied>, handedOnTo?: Probe<JournalMessage>) => {
    tell(catalog, { type: 'committed', groups: [{ firstSeq: next, records, appliedTo, handedOnTo }] })
    next += records.length
  }
  return { time, logged, state, users, shards, counters, applied, epochsRequestedAt, catalog, commit }
}

const shardOf = (userId: string) => hashId(userId) % 2

const entriesOf = (probe: Probe<UserShardMessage>): ShardEntry[] =>
  probe.of('fold').flatMap(({ batch }) => [...batch.entries])

const eventsOf = (probe: Probe<UserShardMessage>) =>
  entriesOf(probe).flatMap(entry => (entry.kind === 'event' ? [entry] : []))

describe('the catalog', () => {
  it('knows an item that was put right before its event, in one group', async () => {
    const { state, users, shards, commit } = start()
    commit([put(sampleItem('a')), happened(sampleEvent('u', 'a'))])
    await settle()
    const [entry] = eventsOf(users[shardOf('u')])
    expect(entry).toMatchObject({ userId: 'u', event: { seq: 2, item: state.findItem('a') } })
    expect(state.items.rowAt(entry.event.item, 2)).toBeGreaterThanOrEqual(0)
    const changed = shards.flatMap(shard => shard.of('items-changed').flatMap(message => [...message.items]))
    expect(changed).toEqual([state.findItem('a')])
  })

  it('tells the sender of an event at once when its item is not there, or not any more', async () => {
    const { users, counters, commit } = start()
    const appliedTo = new Probe<EventsApplied>()
    commit([put(sampleItem('a')), remove('a')])
    commit([happened(sampleEvent('u', 'b')), put(sampleItem('b')), happened(sampleEvent('u', 'a'))], appliedTo)
    await settle()
    const outcomes = appliedTo.received.map(({ seqs, outcomes }) => [seqs, outcomes])
    expect(outcomes).toEqual([
      [[3], ['unknown-item']],
      [[5], ['unknown-item']],
    ])
    expect(users.flatMap(eventsOf)).toEqual([])
    expect(counters.of('fold').flatMap(({ batch }) => batch.entries)).toEqual([])
  })

  it('hands the records of one person to one shard, in their order, whatever their kind', async () => {
    const { users, commit } = start()
    commit([
      put(sampleItem('a')),
      { kind: 'user', at: 0, user: { id: 'u', region: 'de' } },
      happened(sampleEvent('u', 'a')),
      happened(sampleEvent('someone else', 'a')),
      { kind: 'user-delete', at: 0, id: 'u' },
    ])
    await settle()
    const ofU = entriesOf(users[shardOf('u')]).filter(entry => entry.userId === 'u')
    expect(ofU.map(entry => entry.kind)).toEqual(['profile', 'event', 'forget'])
    expect(users.flatMap(entriesOf)).toHaveLength(4)
  })

  it('applies a slice at a time and lets other messages have their turn in between', async () => {
    const { applied, epochsRequestedAt, catalog, commit } = start({ 'catalog.sliceRecords': 2 })
    commit(['a', 'b', 'c', 'd', 'e'].map(id => put(sampleItem(id))))
    tell(catalog, { type: 'snapshot', replyTo: new Probe() })
    await settle()
    expect(applied).toEqual([2, 4, 5])
    expect(epochsRequestedAt).toEqual([2])
  })

  it('lets nobody pin what has not been handed on', async () => {
    const { state, users, counters, shards, applied, commit } = start({ 'catalog.sliceRecords': 3 })
    commit([put(sampleItem('a')), happened(sampleEvent('u', 'a')), happened(sampleEvent('v', 'a'))])
    await settle()
    expect(applied).toEqual([3])
    expect(state.appliedSeq).toBe(3)
    expect([users.flatMap(eventsOf).length, counters.received.length]).toEqual([2, 1])
    expect(shards.flatMap(shard => shard.received)).toHaveLength(1)
    for (const { batch } of [...users.flatMap(user => user.of('fold')), ...counters.of('fold')])
      expect(batch.throughSeq).toBe(3)
  })

  it('tells the journal that a group has been handed on once its last record has', async () => {
    const { applied, commit } = start({ 'catalog.sliceRecords': 2 })
    const journal = new Probe<JournalMessage>()
    commit([put(sampleItem('a')), put(sampleItem('b')), put(sampleItem('c'))], undefined, journal)
    await settle()
    expect(journal.received).toEqual([{ type: 'handed-on' }])
    expect(applied.at(-1)).toBe(3)
  })

  it('applies nothing twice: what a snapshot holds already is passed over', async () => {
    const { state, users, shards, commit } = start()
    state.appliedSeq = 2
    commit([put(sampleItem('old')), happened(sampleEvent('u', 'old')), put(sampleItem('new'))])
    await settle()
    expect([state.findItem('old'), state.findItem('new')]).toEqual([-1, 0])
    expect([...users.flatMap(entriesOf), ...shards.flatMap(shard => shard.received)]).toHaveLength(1)
  })

  it('tells nobody of a put that changes nothing', async () => {
    const { state, shards, commit } = start()
    commit([put(sampleItem('a')), put(sampleItem('a'))])
    await settle()
    expect(state.items.rowCount).toBe(1)
    expect(shards.flatMap(shard => shard.of('items-changed').map(message => [...message.items]))).toEqual([[0]])
  })

  it('goes on behind a record that a defect stops', async () => {
    const { state, logged, commit } = start()
    commit([put({ id: 'broken', title: 'x' } as Item), put(sampleItem('whole'))])
    await settle()
    expect([state.findLiveItem('broken'), state.findLiveItem('whole') >= 0]).toEqual([-1, true])
    expect(logged.join('')).toContain('an entry was skipped')
  })

  it('follows the time of the latest event', async () => {
    const { state, commit } = start()
    commit([put(sampleItem('a')), ...[3000, 9000, 6000].map(time => happened(sampleEvent('u', 'a', { time })))])
    await settle()
    expect(state.lastEventAt).toBe(9000)
  })

  it('uses the row of a superseded version again only after everybody who may read it has ended', async () => {
    const { state, time, commit } = start({ 'catalog.supersededKeptMs': 1000 })
    commit([put(sampleItem('a')), put(sampleItem('a', { title: 'Another' })), put(sampleItem('b'))])
    await settle()
    expect(state.items.rowCount).toBe(3)
    const lookAgain = async () => {
      time.advance(500)
      await settle()
      commit([put(sampleItem(`filler of ${time.ms()}`))])
      await settle()
      return state.items.rowCount
    }
    expect([await lookAgain(), await lookAgain()]).toEqual([4, 5])
    // A second after the group behind it was applied, the first row is free, and the next put takes it.
    expect([await lookAgain(), await lookAgain()]).toEqual([5, 6])
    expect(state.items.rowAt(state.findItem('a'), state.appliedSeq)).toBe(1)
  })
})

describe('the room for versions', () => {
  it('comes back in full after a burst of changes, also when nothing is journaled behind it', async () => {
    const { state, time, commit } = start({ 'catalog.supersededKeptMs': 1000, 'catalog.sliceRecords': 20_000 })
    const versions = 12_000
    commit(Array.from({ length: versions }, (_, n) => put(sampleItem('a', { title: `Version ${n}` }))))
    await settle()
    const used = state.table.rowsLeft
    commit([put(sampleItem('b'))])
    await settle()
    for (let waited = 0; waited < 4; waited++) {
      time.advance(1000)
      await settle()
    }
    expect(state.table.rowsLeft - used).toBeGreaterThan(versions - 10)
  })
})

describe('a snapshot', () => {
  it('asks every owner at the same number, behind the epoch and before anything later', async () => {
    const { users, counters, catalog, commit } = start()
    commit([put(sampleItem('a'))])
    tell(catalog, { type: 'snapshot', replyTo: new Probe() })
    const people = ['u', 'v', 'w', 'x']
    const both = (time: number) => people.map(user => happened(sampleEvent(user, 'a', { time })))
    commit([...both(1000), epoch, ...both(2000)])
    await settle()
    for (const owner of [...users, counters]) {
      const order = owner.received.map(message => {
        if (message.type === 'write-snapshot') return `snapshot ${message.throughSeq}`
        return message.type === 'fold' ? `fold ${message.batch.throughSeq}` : message.type
      })
      expect(order.slice(-3)).toEqual(['fold 6', 'snapshot 6', 'fold 10'])
    }
    const timesBehind = (probe: Probe<UserShardMessage>) => {
      const at = probe.received.findIndex(message => message.type === 'write-snapshot')
      return probe.received.slice(at).flatMap(message => (message.type === 'fold' ? [...message.batch.entries] : []))
    }
    for (const entry of users.flatMap(timesBehind)) expect(entry).toMatchObject({ event: { time: 2000 } })
  })

  it('asks for an epoch when none is on its way, and takes only the first that comes', async () => {
    const { users, epochsRequestedAt, catalog, commit } = start()
    tell(catalog, { type: 'snapshot', replyTo: new Probe() })
    await settle()
    expect(epochsRequestedAt).toEqual([0])
    commit([epoch, epoch])
    await settle()
    expect(users[0].of('write-snapshot').map(message => message.throughSeq)).toEqual([1])
  })
})
