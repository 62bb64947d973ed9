import { describe, expect, it } from 'vitest'
import type { IndexShardMessage } from '../../actors/index-shard/protocol.ts'
import type { JournalMessage } from '../../actors/journal/protocol.ts'
import { modelManagerActor } from '../../actors/model-manager/actor.ts'
import type { ModelManagerMessage } from '../../actors/model-manager/protocol.ts'
import type { MonotonicClock } from '../../domain/ports.ts'
import type { ModelSetContents } from '../../funnel/model-set-files.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import { liveModels } from '../fakes/loaded-models.ts'
import { Probe } from '../fakes/probe.ts'
import { catalogOf, sampleItems, testSettings } from '../fakes/samples.ts'
import { testSchemaHash, tinyModelSet } from '../fakes/tiny-model-set.ts'
import { settle, testSystem } from './supervision.harness.ts'

const items = sampleItems(6)

interface PoolCall {
  readonly generation: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

class World {
  readonly catalog = catalogOf(items)
  readonly live = liveModels(this.catalog)
  readonly journal = new Probe<JournalMessage>('journal')
  readonly shards = [new Probe<IndexShardMessage>('index-0'), new Probe<IndexShardMessage>('index-1')]
  readonly pool: PoolCall[] = []
  readonly reads: string[] = []
  readonly system
  readonly time
  readonly manager: ActorRef<ModelManagerMessage>
  promoted: string | null = null
  pointerIsUnreadable = false
  isRecovered = true
  readonly broken = new Map<string, string>()

  constructor(monotonic?: MonotonicClock) {
    const { system, time } = testSystem()
    this.system = system
    this.time = time
    this.manager = system.spawn(
      'model-manager',
      modelManagerActor({
        models: this.live.models,
        journal: this.journal,
        indexShards: this.shards,
        handlesFor: (handles, shard) => ({ ...handles, owned: Uint32Array.of(shard) }),
        preparePool: ({ generation }) =>
          new Promise((resolve, reject) => this.pool.push({ generation, resolve, reject })),
        readPromoted: async () => {
          if (this.pointerIsUnreadable) throw new Error('the pointer is unreadable')
          return this.promoted
        },
        isRecovered: () => this.isRecovered,
        read: id => this.read(id),
        schemaHash: testSchemaHash,
        clock: { now: () => 77 },
        monotonic: monotonic ?? time,
        settings: testSettings({ 'models.lookIntervalMs': 100, 'models.loadSliceMs': 4 }),
      }),
    )
  }

  get current(): string | null {
    return this.live.models.current?.id ?? null
  }

  get records() {
    return this.journal.of('append').flatMap(message => [...message.records])
  }

  async look(): Promise<void> {
    this.time.advance(100)
    await settle()
  }

  /** Moves the pointer and lets the manager see it. */
  async promote(id: string): Promise<void> {
    this.promoted = id
    await this.look()
  }

  /** The generation that the shards were told last. */
  get generation(): number {
    return this.shards[0].of('prepare').at(-1)!.handles.generation
  }

  async shardPrepared(shard: number, failure: string | null = null, generation = this.generation): Promise<void> {
    tell(this.manager, { type: 'shard-prepared', shard, generation, failure })
    await settle()
  }

  async poolPrepared(): Promise<void> {
    this.pool.at(-1)!.resolve()
    await settle()
  }

  async allPrepared(): Promise<void> {
    await this.shardPrepared(0)
    await this.shardPrepared(1)
    await this.poolPrepared()
  }

  /** The journal answers the last append. */
  async journaled(): Promise<void> {
    tell(this.journal.of('append').at(-1)!.replyTo!, { type: 'appended', firstSeq: 9 })
    await settle()
  }

  async takeUp(id: string): Promise<void> {
    await this.promote(id)
    await this.allPrepared()
    await this.journaled()
  }

  private async read(id: string): Promise<ModelSetContents> {
    this.reads.push(id)
    const fault = this.broken.get(id)
    if (fault !== undefined) throw new Error(fault)
    const contents = tinyModelSet(items)
    if (id !== 'short') return contents
    const { collaborative } = contents
    return { ...contents, collaborative: { ...collaborative, vectors: collaborative.vectors.subarray(0, 5) } }
  }
}

describe('the model manager', () => {
  it('is ready to serve without a model set when none is promoted', async () => {
    const world = new World()
    await settle()
    expect([world.current, world.system.health().ready]).toEqual([null, true])
  })

  it('switches when every shard and the pool have the set and its promotion has its number, and not before', async () => {
    const world = new World()
    await world.promote('a')
    expect(world.shards.map(shard => shard.of('prepare').map(({ handles }) => [...handles.owned]))).toEqual([
      [[0]],
      [[1]],
    ])
    await world.shardPrepared(0)
    await world.poolPrepared()
    expect([world.records, world.system.health().ready]).toEqual([[], false])
    await world.shardPrepared(1)
    expect(world.records).toEqual([{ kind: 'promotion', at: 77, modelSet: 'a', previous: null }])
    expect(world.current).toBeNull()
    await world.journaled()
    expect([world.current, world.system.health().ready]).toEqual(['a', true])
  })

  it('follows the pointer from set to set and names the one before', async () => {
    const world = new World()
    await world.takeUp('a')
    await world.takeUp('b')
    expect(world.records.at(-1)).toMatchObject({ modelSet: 'b', previous: 'a' })
    await world.takeUp('a')
    expect([world.current, world.reads]).toEqual(['a', ['a', 'b', 'a']])
  })

  it('leaves the set before in the threads until the last request that pinned it has ended', async () => {
    const world = new World()
    await world.takeUp('a')
    const pinned = world.live.models.pin()!
    await world.takeUp('b')
    expect(world.live.unused).toEqual([])
    world.live.models.release(pinned)
    expect(world.live.unused).toEqual([pinned.generation])
  })

  it('looks no further while a set is being taken up, and takes the newer one afterwards', async () => {
    const world = new World()
    await world.promote('a')
    await world.promote('b')
    expect(world.reads).toEqual(['a'])
    await world.allPrepared()
    await world.journaled()
    await world.look()
    expect([world.current, world.reads]).toEqual(['a', ['a', 'b']])
  })

  it('takes nothing up before the journal has been recovered', async () => {
    const world = new World()
    world.isRecovered = false
    await world.promote('a')
    expect([world.reads, world.system.health().ready]).toEqual([[], false])
    world.isRecovered = true
    await world.look()
    expect(world.reads).toEqual(['a'])
  })

  it('loads in slices, between which others have their turn', async () => {
    let ms = 0
    const world = new World({ ms: () => ms++ })
    let turns = 0
    world.system.spawn('other', context => {
      tell(context.self, 'turn')
      return {
        receive() {
          turns++
          if (world.shards[0].received.length === 0 && turns < 1000) tell(context.self, 'turn')
        },
      }
    })
    await world.promote('a')
    await settle()
    expect(world.shards[0].of('prepare')).toHaveLength(1)
    expect(turns).toBeGreaterThan(1)
  })
})

describe('loading while another set serves', () => {
  it('rests after each slice, so that requests have most of the thread', async () => {
    let ms = 0
    const world = new World({ ms: () => (ms += 3) })
    const slices = async () => {
      await settle()
      return world.shards[0].of('prepare').length
    }
    await world.takeUp('a')
    await world.promote('b')
    // Without the rest it would be done by now.
    expect(await slices()).toBe(1)
    let rests = 0
    for (; (await slices()) === 1 && rests < 100; rests++) world.time.advance(40)
    expect(rests).toBeGreaterThan(1)
    expect(await slices()).toBe(2)
  })
})

describe('a model set that can not be used', () => {
  it('is refused with the reason, once, and the present one stays', async () => {
    const world = new World()
    await world.takeUp('a')
    world.broken.set('b', 'ranker.onnx does not match its checksum')
    await world.promote('b')
    await world.look()
    await world.look()
    expect([world.current, world.reads]).toEqual(['a', ['a', 'b']])
    const health = world.system.health()
    expect(health).toMatchObject({ state: 'degraded', ready: true })
    expect(health.reasons.join()).toContain('does not match its checksum')
  })

  it('is refused when its parts do not fit together, and nothing of it is held', async () => {
    const world = new World()
    await world.takeUp('a')
    await world.promote('short')
    expect(world.current).toBe('a')
    expect(world.system.health().reasons.join()).toContain('model set short was refused')
    expect(world.live.models.live().map(set => set.id)).toEqual(['a'])
    await world.takeUp('c')
    expect(world.current).toBe('c')
  })

  it('is forgotten when the pointer goes back to the present one', async () => {
    const world = new World()
    await world.takeUp('a')
    world.broken.set('b', 'damaged')
    await world.promote('b')
    await world.promote('a')
    expect(world.system.health().state).toBe('ready')
  })

  it('stays refused while the pointer can not be read', async () => {
    const world = new World()
    await world.takeUp('a')
    world.broken.set('b', 'damaged')
    await world.promote('b')
    world.pointerIsUnreadable = true
    await world.look()
    expect([world.reads, world.system.health().state]).toEqual([['a', 'b'], 'degraded'])
  })

  it('is given up everywhere when one shard can not load it', async () => {
    const world = new World()
    await world.takeUp('a')
    await world.promote('b')
    const { generation } = world
    await world.shardPrepared(0)
    await world.shardPrepared(1, 'out of memory')
    expect(world.live.unused).toEqual([generation])
    await world.poolPrepared()
    expect([world.current, world.records.length]).toEqual(['a', 1])
    expect(world.live.models.live().map(set => set.id)).toEqual(['a'])
  })

  it('is given up when the rank threads can not load it', async () => {
    const world = new World()
    await world.takeUp('a')
    await world.promote('b')
    world.pool.at(-1)!.reject(new Error('SchemaMismatch'))
    await settle()
    expect([world.current, world.live.unused.length]).toEqual(['a', 1])
  })

  it('is not served when its promotion can not be journaled', async () => {
    const world = new World()
    await world.takeUp('a')
    await world.promote('b')
    await world.allPrepared()
    const reply = { type: 'append-failed', code: 'storage_failed', reason: 'the disk is full' } as const
    tell(world.journal.of('append').at(-1)!.replyTo!, reply)
    await settle()
    expect([world.current, world.live.unused.length]).toEqual(['a', 1])
    // The set is as good as it was: it is tried again.
    await world.look()
    await world.allPrepared()
    await world.journaled()
    expect(world.current).toBe('b')
  })

  it('can be the one after it: what was refused does not stand in the way', async () => {
    const world = new World()
    world.broken.set('a', 'damaged')
    await world.promote('a')
    await world.takeUp('b')
    expect([world.current, world.system.health().state]).toEqual(['b', 'ready'])
  })
})

describe('trouble on the way', () => {
  it('a shard whose thread died meanwhile says later that it has the set, and that is waited for', async () => {
    const world = new World()
    await world.promote('a')
    await world.poolPrepared()
    await world.shardPrepared(0)
    // Shard 1 died over it; its next thread loads all live sets and reports each.
    expect(world.live.models.live().map(set => set.generation)).toEqual([world.generation])
    await world.shardPrepared(1, null, world.generation - 1)
    expect(world.records).toEqual([])
    await world.shardPrepared(1)
    await world.journaled()
    expect(world.current).toBe('a')
  })

  it('a shard that reports twice makes one promotion', async () => {
    const world = new World()
    await world.promote('a')
    await world.allPrepared()
    await world.shardPrepared(1)
    await world.shardPrepared(0, 'died again')
    expect(world.records).toHaveLength(1)
    await world.journaled()
    expect([world.current, world.system.health().state]).toEqual(['a', 'ready'])
  })

  it('a pointer that can not be read changes nothing', async () => {
    const world = new World()
    await world.takeUp('a')
    world.pointerIsUnreadable = true
    await world.look()
    expect([world.current, world.reads, world.system.health().state]).toEqual(['a', ['a'], 'ready'])
  })
})
