import { describe, expect, it } from 'vitest'
import { tell } from '../../supervision/actor-ref.ts'
import { World } from './model-manager.harness.ts'
import { settle } from './supervision.harness.ts'

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
