import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunningEngine } from '../../actors/running-engine.ts'
import type { Recommendation } from '../../domain/recommendation.ts'
import { promote } from '../../models/artefact/artefact.ts'
import { openJournal } from '../../storage/open-journal.ts'
import { DataFolder, feedOf, idsOf } from '../fakes/running-engine.ts'
import { sampleEvent, sampleItem, sampleItems } from '../fakes/samples.ts'
import { tinyModelSet, tinyRanker, withNeuralSpaces, writeTinyModelSet } from '../fakes/tiny-model-set.ts'

const items = sampleItems(60)
let folder: DataFolder
let engine: RunningEngine

beforeEach(async () => {
  folder = await DataFolder.make()
  engine = await folder.open()
  await engine.putItems(items)
  const history = [1, 5, 9, 13].map(item => sampleEvent('reader', `i${item}`))
  await engine.appendEvents(history, 'applied')
  for (const [id, seed] of [
    ['first', 1],
    ['second', 2],
  ] as const)
    await writeTinyModelSet(folder.models, id, withNeuralSpaces(tinyModelSet(items, seed, tinyRanker(seed)), seed))
})

afterEach(async () => {
  await folder.remove()
})

async function serving(id: string): Promise<void> {
  while (engine.modelSet !== id) await sleep(5)
}

async function takeUp(id: string): Promise<void> {
  await promote(folder.models, id)
  await serving(id)
}

describe('an engine with a model set', () => {
  it('serves with it as soon as it is promoted: sources by vectors, a ranker, calibrated objectives', async () => {
    expect(await feedOf(engine, 'reader')).toMatchObject({ modelSet: null, degraded: 'ranker' })
    await takeUp('first')
    const feed = await feedOf(engine, 'reader', { explain: true })
    expect(feed).toMatchObject({ modelSet: 'first', degraded: null, partial: false })
    const { sources } = feed.trace!
    for (const source of ['collaborative', 'content', 'item-to-item']) expect(sources[source]).toBeGreaterThan(0)
    for (const { objectives } of feed.items) {
      for (const p of Object.values(objectives)) expect(p > 0 && p < 1).toBe(true)
    }
    expect(idsOf(feed).filter(id => ['i1', 'i5', 'i9', 'i13'].includes(id))).toEqual([])
    // The history is all of one category, and so are its neighbours.
    const nearest = await feedOf(engine, 'reader', {
      overrides: { sourceBudgets: { content: 5 }, stopAfter: 'retrieved', depth: 5 },
    })
    expect(idsOf(nearest).map(id => Number(id.slice(1)) % 4)).toEqual([1, 1, 1, 1, 1])
  })

  it('proposes by its words a title that nobody has met yet', async () => {
    await takeUp('first')
    await engine.putItems([
      sampleItem('unmet', { categories: ['category-1'], creators: ['creator-1'], text: 'plot number1 about theme1' }),
    ])
    const feed = await feedOf(engine, 'reader', {
      overrides: { sourceBudgets: { content: 30 }, stopAfter: 'retrieved', depth: 30 },
    })
    expect(idsOf(feed)).toContain('unmet')
  })

  it('changes to another and back without a request that fails or mixes the two', async () => {
    await takeUp('first')
    const feeds: Promise<Recommendation>[] = []
    for (const id of ['second', 'first']) {
      await promote(folder.models, id)
      while (engine.modelSet !== id) {
        feeds.push(feedOf(engine, `u${feeds.length % 7}`))
        await sleep(2)
      }
    }
    const all = await Promise.all(feeds)
    for (const feed of all) expect(feed).toMatchObject({ degraded: null, partial: false })
    const served = all.map(feed => feed.modelSet)
    const switches = served.filter((id, i) => i > 0 && id !== served[i - 1])
    expect(switches.length).toBeLessThanOrEqual(2)
    await engine.stop()
    const journal = await openJournal(join(folder.path, 'journal'), { readOnly: true })
    const promotions = Array.from(journal.read(1, { kinds: ['promotion'] }), ({ record }) => [
      record.modelSet,
      record.previous,
    ])
    const journaled = Array.from(
      journal.read(1, { kinds: ['served'] }),
      ({ record: { served } }) => [served.requestId, served.modelSet] as const,
    )
    await journal.close()
    expect(promotions).toEqual([
      ['first', null],
      ['second', 'first'],
      ['first', 'second'],
    ])
    expect(new Map(journaled)).toEqual(new Map(all.map(feed => [feed.requestId, feed.modelSet])))
  })

  it('refuses one that is damaged and goes on with the present one', async () => {
    await takeUp('first')
    await writeFile(join(folder.models, 'second', 'ranker.onnx'), 'not what was written')
    await promote(folder.models, 'second')
    while (engine.health().state !== 'degraded') await sleep(5)
    expect(engine.health().reasons.join()).toContain('ranker.onnx')
    expect([engine.modelSet, engine.notReadyReasons()]).toEqual(['first', []])
    expect(await feedOf(engine, 'reader')).toMatchObject({ modelSet: 'first', degraded: null })
  })

  it('serves the merged order, and says so, with a set that has no ranker', async () => {
    await writeTinyModelSet(folder.models, 'retrieval-only', tinyModelSet(items))
    await takeUp('retrieval-only')
    const feed = await feedOf(engine, 'reader', { explain: true })
    expect(feed).toMatchObject({ modelSet: 'retrieval-only', degraded: 'ranker' })
    expect(feed.trace!.sources.collaborative).toBeGreaterThan(0)
  })

  it('takes up the promoted set again when it is opened again, before it says that it is ready', async () => {
    await takeUp('second')
    await engine.stop()
    engine = await folder.open()
    expect(engine.modelSet).toBe('second')
    expect(await feedOf(engine, 'reader')).toMatchObject({ modelSet: 'second', degraded: null, partial: false })
  })
})
