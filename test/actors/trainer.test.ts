import { describe, expect, it } from 'vitest'
import { type RunningTraining, trainerActor } from '../../actors/trainer/actor.ts'
import type { TrainingOutcome } from '../../actors/trainer/protocol.ts'
import { settle, testSystem } from './supervision.harness.ts'

interface Call {
  readonly toSeq: number
  readonly resolve: (outcome: Partial<TrainingOutcome>) => void
  readonly reject: (error: Error) => void
  cancelled: boolean
}

class World {
  readonly calls: Call[] = []
  readonly system
  readonly time
  lastSeq = 100

  constructor(enabled = true, trainedThrough: () => Promise<number> = async () => 0) {
    const { system, time } = testSystem()
    this.system = system
    this.time = time
    system.spawn(
      'trainer',
      trainerActor({
        settings: { enabled, intervalMs: 1000, recordsMin: 50, keep: 5 },
        lastSeq: () => this.lastSeq,
        trainedThrough,
        train: toSeq => this.train(toSeq),
      }),
    )
  }

  async pass(ms = 1000): Promise<void> {
    this.time.advance(ms)
    await settle()
  }

  private train(toSeq: number): RunningTraining {
    const { promise, resolve, reject } = Promise.withResolvers<TrainingOutcome>()
    const call: Call = {
      toSeq,
      resolve: outcome => resolve({ modelSet: 'ms', toSeq, promoted: true, reasons: [], ...outcome }),
      reject,
      cancelled: false,
    }
    this.calls.push(call)
    return {
      outcome: promise,
      cancel() {
        call.cancelled = true
      },
    }
  }
}

describe('continuous training', () => {
  it('does nothing where it is not enabled', async () => {
    const world = new World(false)
    await world.pass(10_000)
    expect(world.calls).toEqual([])
  })

  it('trains on everything there is, once at a time, and again after enough has happened', async () => {
    const world = new World()
    await settle()
    expect(world.calls.map(call => call.toSeq)).toEqual([100])
    world.lastSeq = 400
    await world.pass(5000)
    expect(world.calls).toHaveLength(1)
    world.calls[0].resolve({})
    await settle()
    await world.pass()
    expect(world.calls.map(call => call.toSeq)).toEqual([100, 400])
    world.calls[1].resolve({})
    await settle()
    world.lastSeq = 449
    await world.pass()
    expect(world.calls).toHaveLength(2)
    world.lastSeq = 450
    await world.pass()
    expect(world.calls).toHaveLength(3)
  })

  it('waits where the promoted set has seen nearly everything', async () => {
    const world = new World(true, async () => 90)
    await world.pass()
    expect(world.calls).toEqual([])
  })

  it('goes on after a training that failed, and says so meanwhile', async () => {
    const world = new World()
    await settle()
    world.calls[0].reject(new Error('no memory'))
    await settle()
    const health = world.system.health().actors.find(({ path }) => path.endsWith('trainer'))
    expect(health).toMatchObject({ state: 'degraded', reason: expect.stringContaining('no memory') })
    await world.pass()
    expect(world.calls).toHaveLength(2)
    world.calls[1].resolve({ promoted: false, reasons: ['nDCG fell'] })
    await settle()
    expect(world.system.health().actors.find(({ path }) => path.endsWith('trainer'))).toMatchObject({ state: 'ready' })
  })

  it('asks again for a promoted set that could not be read', async () => {
    let unreadable = true
    const world = new World(true, async () => {
      if (unreadable) throw new Error('unreadable')
      return 0
    })
    await world.pass()
    expect(world.calls).toEqual([])
    unreadable = false
    await world.pass()
    expect(world.calls).toHaveLength(1)
  })

  it('ends a training under way when it stops', async () => {
    const world = new World()
    await settle()
    await world.system.stop()
    expect(world.calls[0].cancelled).toBe(true)
  })
})
