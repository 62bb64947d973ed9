import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunningEngine } from '../../actors/running-engine.ts'
import type { Recommendation } from '../../domain/recommendation.ts'
import { promote } from '../../models/artefact/artefact.ts'
import { DataFolder, feedOf, idsOf } from '../fakes/running-engine.ts'
import { sampleEvent, sampleItems } from '../fakes/samples.ts'
import { tinyModelSet, tinyRanker, writeTinyModelSet } from '../fakes/tiny-model-set.ts'

const items = sampleItems(80)
const backWithinMs = 5000
let folder: DataFolder
let engine: RunningEngine

beforeEach(async () => {
  folder = await DataFolder.make()
  engine = await folder.open({}, true)
  await engine.putItems(items)
  const events = Array.from({ length: 60 }, (_, n) => sampleEvent(`u${n % 6}`, `i${(n * 11) % 80}`))
  await engine.appendEvents(events, 'applied')
  await engine.publishEpoch()
  await writeTinyModelSet(folder.models, 'set', tinyModelSet(items, 1, tinyRanker()))
  await promote(folder.models, 'set')
  while (engine.modelSet !== 'set') await sleep(5)
})

afterEach(async () => {
  await folder.remove()
})

/** Asks for feeds of known and unknown people, some at a time, until it is stopped; keeps what matters of each. */
class Traffic {
  served = 0
  partial = 0
  /** Feeds in a row that came from all shards. */
  wholeInARow = 0
  shortest = Number.POSITIVE_INFINITY
  repeated = 0
  readonly modelSets = new Set<string | null>()
  readonly rejections: unknown[] = []
  private isOn = true
  private readonly ended: Promise<unknown>

  constructor(width: number) {
    this.ended = Promise.all(Array.from({ length: width }, (_, worker) => this.ask(worker)))
  }

  stop(): Promise<unknown> {
    this.isOn = false
    return this.ended
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await sleep(2)
  }

  private async ask(worker: number): Promise<void> {
    for (let n = 0; this.isOn; n++) {
      const person = n % 3 === 0 ? `stranger-${worker}-${n}` : `u${n % 6}`
      await feedOf(engine, person).then(
        feed => this.count(feed),
        error => this.rejections.push(error),
      )
    }
  }

  private count(feed: Recommendation): void {
    this.served++
    if (feed.partial) this.partial++
    this.wholeInARow = feed.partial ? 0 : this.wholeInARow + 1
    this.shortest = Math.min(this.shortest, feed.items.length)
    if (new Set(idsOf(feed)).size !== feed.items.length) this.repeated++
    this.modelSets.add(feed.modelSet)
  }
}

async function underTraffic(width: number, test: (traffic: Traffic) => Promise<void>): Promise<Traffic> {
  const traffic = new Traffic(width)
  try {
    await test(traffic)
  } finally {
    await traffic.stop()
  }
  return traffic
}

describe('an index thread that dies under load', () => {
  it('costs no request: feeds are partial while it is gone, and whole again within five seconds', async () => {
    const traffic = await underTraffic(4, async traffic => {
      for (const shard of [0, 1, 0]) {
        await traffic.until(() => traffic.wholeInARow >= 8)
        const partialBefore = traffic.partial
        const killedAt = performance.now()
        engine.killIndexThread(shard)
        await traffic.until(() => traffic.partial > partialBefore)
        await traffic.until(() => traffic.wholeInARow > 0)
        expect(performance.now() - killedAt).toBeLessThan(backWithinMs)
      }
      await traffic.until(() => traffic.wholeInARow >= 8)
    })
    expect(traffic.rejections).toEqual([])
    // What one shard holds is enough for a feed, also for people nothing is known of.
    expect([traffic.shortest, traffic.repeated, [...traffic.modelSets]]).toEqual([10, 0, ['set']])
  })

  it('comes back with what was put, changed and deleted while it was gone', async () => {
    engine.killIndexThread(0)
    engine.killIndexThread(1)
    await engine.deleteItem('i7')
    await engine.putItems([
      { ...items[8], categories: ['moved'] },
      { ...items[9], id: 'late', categories: ['moved'] },
    ])
    while ((await feedOf(engine, 'anybody')).partial) await sleep(5)
    const moved = await feedOf(engine, 'u1', { categories: ['moved'] })
    expect(new Set(idsOf(moved))).toEqual(new Set(['i8', 'late']))
    expect(idsOf(await feedOf(engine, 'anybody', { n: 80 }))).not.toContain('i7')
  })

  it('does not keep events from being applied, nor a new model set from being taken up', async () => {
    await writeTinyModelSet(folder.models, 'next', tinyModelSet(items, 2, tinyRanker(2)))
    const traffic = await underTraffic(2, async traffic => {
      await promote(folder.models, 'next')
      engine.killIndexThread(0)
      const results = await engine.appendEvents([sampleEvent('u1', 'i79')], 'applied')
      expect(results).toMatchObject([{ status: 'applied' }])
      await traffic.until(() => traffic.modelSets.has('next') && traffic.wholeInARow >= 8)
    })
    expect([traffic.rejections, [...traffic.modelSets]]).toEqual([[], ['set', 'next']])
  })
})
