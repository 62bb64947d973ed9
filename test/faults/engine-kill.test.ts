import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { RunningEngine } from '../../actors/running-engine.ts'
import { createRandom } from '../../algorithms/statistics/random.ts'
import { openJournal } from '../../storage/open-journal.ts'
import { DataFolder, feedOf } from '../fakes/running-engine.ts'
import { sampleEvent } from '../fakes/samples.ts'
import { ScriptProcess } from '../unit/storage/child-process.ts'

/** `SLUICE_FAULT_ROUNDS` for a long run by hand. The moments come from the seed, what the process is doing then does not. */
const rounds = Number(process.env.SLUICE_FAULT_ROUNDS ?? 2)
const seed = 7
/** No epoch comes by itself: what two engines publish shall depend on the journal alone. */
const quiet = { 'counters.epochIntervalMs': 3_600_000 }
const people = [0, 1, 2].flatMap(writer => [0, 1, 2].map(n => `u${writer}-${n}`))
let folder: DataFolder

beforeEach(async () => {
  folder = await DataFolder.make()
})

afterEach(async () => {
  await folder.remove()
})

interface Acknowledged {
  readonly eventId: string
  readonly user: string
  readonly item: string
}

/** One life of an engine that ends by kill -9 so long after its first acknowledgement. */
async function liveUntilKilled(round: number, afterMs: number): Promise<Acknowledged[]> {
  const script = new URL('./engine-kill.child.ts', import.meta.url)
  const child = new ScriptProcess(script, [folder.path, `${round}`])
  expect(await child.line()).toBe('ready')
  await child.line()
  await sleep(afterMs)
  await child.kill()
  return child.lines.slice(1).map(line => {
    const [eventId, user, item] = line.split(' ')
    return { eventId, user, item }
  })
}

async function feedsOf(engine: RunningEngine) {
  const feeds = people.map(async user => {
    const request = { requestId: `feed of ${user}`, n: 100, overrides: { unlogged: true } }
    const { items } = await feedOf(engine, user, request)
    return [user, items.map(({ id, score, sources }) => ({ id, score, sources }))] as const
  })
  return new Map(await Promise.all(feeds))
}

/** What an engine would serve that has nothing but the journal. */
async function feedsAfterReplay() {
  const copy = await DataFolder.make()
  await cp(join(folder.path, 'journal'), join(copy.path, 'journal'), { recursive: true })
  await cp(join(folder.path, 'format.json'), join(copy.path, 'format.json'))
  try {
    return await feedsOf(await copy.open(quiet))
  } finally {
    await copy.remove()
  }
}

async function journaledIds(): Promise<string[]> {
  const journal = await openJournal(join(folder.path, 'journal'), { readOnly: true })
  const ids = Array.from(journal.read(1, { kinds: ['event'] }), ({ record }) => record.event.eventId)
  await journal.close()
  return ids
}

it(`an engine whose process is killed keeps every acknowledged event and what people have seen (${rounds} kills, seed ${seed})`, {
  timeout: 30_000 + rounds * 10_000,
}, async () => {
  const random = createRandom(seed)
  const acknowledged: Acknowledged[] = []
  for (let round = 0; round < rounds; round++) {
    acknowledged.push(...(await liveUntilKilled(round, Math.floor(random.next() * 400))))

    const journaled = new Set(await journaledIds())
    expect(acknowledged.filter(({ eventId }) => !journaled.has(eventId))).toEqual([])

    const replayed = await feedsAfterReplay()
    const engine = await folder.open(quiet)
    const feeds = await feedsOf(engine)
    for (const [user, feed] of feeds) {
      const seen = new Set(acknowledged.filter(event => event.user === user).map(event => event.item))
      expect(feed.length).toBeGreaterThan(0)
      expect(feed.filter(({ id }) => seen.has(id))).toEqual([])
    }
    // Snapshots and the tail of the journal make the same state as the whole journal does.
    expect(feeds).toEqual(replayed)
    const again = acknowledged.slice(-20).map(({ eventId, user, item }) => sampleEvent(user, item, { eventId }))
    const results = await engine.appendEvents(again, 'applied')
    expect(new Set(results.map(result => result.status))).toEqual(new Set(['duplicate']))
    await engine.stop()
  }
  expect(acknowledged.length).toBeGreaterThan(rounds * 10)
})
