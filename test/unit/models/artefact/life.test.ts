import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  deriveArtefact,
  listArtefacts,
  loadArtefact,
  promote,
  readManifest,
  readPromoted,
  writeArtefact,
} from '../../../../models/artefact/artefact.ts'
import {
  ArtefactExists,
  type ModelSetDescription,
  NothingToRollBack,
} from '../../../../models/artefact/artefact-manifest.ts'
import { pruneArtefacts } from '../../../../models/artefact/prune.ts'
import { rollBack, rollbackTarget } from '../../../../models/artefact/rollback.ts'

const describeSet = (id: string, fields: Partial<ModelSetDescription> = {}): ModelSetDescription => ({
  id,
  createdAt: 1000,
  schemaHash: 'abc',
  dataRange: { fromSeq: 1, toSeq: 90, fromTime: 5, toTime: 80 },
  parent: null,
  seed: 7,
  metrics: {},
  settings: {},
  spaces: {},
  objectives: {},
  ...fields,
})
const files = { 'a.f32': [Float32Array.of(1, 2)], 'b.u32': [Uint32Array.of(3)] }

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'artefact-'))
})
afterEach(() => rm(root, { recursive: true }))

async function write(...ids: string[]): Promise<void> {
  for (const id of ids) await writeArtefact(root, describeSet(id), files)
}

async function goBack(): Promise<string | null> {
  await rollBack(root, await rollbackTarget(root))
  return readPromoted(root)
}

describe('the manifest', () => {
  it('says where the set comes from, what it holds, how large it is and what the gate said', async () => {
    const gate = { passed: false, against: 'old', reasons: ['worse'], checks: [] }
    const description = describeSet('a', { origin: 'imported', kinds: ['ranker'], gate })
    const written = await writeArtefact(root, description, files)
    expect(written).toMatchObject({ origin: 'imported', kinds: ['ranker'], gate, bytes: 12 })
    expect(await readManifest(root, 'a')).toEqual(written)
  })

  it('names the models by the spaces and the objectives, where nobody else does', async () => {
    const space = { dimension: 2, count: 3, normalised: false }
    const spaces = { collaborative: space, content: space }
    const objectives = { click: { trained: true }, finish: { trained: false } }
    expect((await writeArtefact(root, describeSet('a', { spaces, objectives }), files)).kinds).toEqual([
      'collaborative',
      'content',
      'ranker',
    ])
    expect((await writeArtefact(root, describeSet('b', { spaces }), files)).kinds).toEqual(['collaborative', 'content'])
  })

  it('of a set written before these were noted is still read', async () => {
    await write('a')
    const path = join(root, 'a', 'manifest.json')
    const { origin: _, kinds: __, gate: ___, bytes: ____, ...older } = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify(older))
    expect(await readManifest(root, 'a')).toMatchObject({ origin: 'trained', kinds: [], gate: null, bytes: 12 })
  })
})

describe('a model set derived from another', () => {
  it('has its files but for those that were replaced, and checks as a whole', async () => {
    await write('a')
    const base = await loadArtefact(root, 'a', 'abc')
    const manifest = await deriveArtefact(root, base, describeSet('b', { parent: 'a' }), {
      'b.u32': [Uint32Array.of(9)],
      'c.u32': [Uint32Array.of(7, 7)],
    })
    expect(manifest.bytes).toBe(8 + 4 + 8)
    const derived = await loadArtefact(root, 'b', 'abc')
    expect(await readFile(derived.path('a.f32'))).toEqual(await readFile(base.path('a.f32')))
    expect([...(await readFile(derived.path('b.u32')))]).toEqual([9, 0, 0, 0])
    expect((await readdir(join(root, 'a'))).sort()).toEqual(['a.f32', 'b.u32', 'manifest.json'])
  })

  it('never takes the place of one that is there', async () => {
    await write('a', 'b')
    const base = await loadArtefact(root, 'a', 'abc')
    await expect(deriveArtefact(root, base, describeSet('b'), {})).rejects.toThrow(ArtefactExists)
  })
})

describe('a rollback', () => {
  it('goes back step by step through what was promoted', async () => {
    await write('a', 'b', 'c')
    for (const id of ['a', 'b', 'c', 'c']) await promote(root, id)
    expect([await goBack(), await goBack()]).toEqual(['b', 'a'])
    await expect(rollbackTarget(root)).rejects.toThrow(NothingToRollBack)
    expect(await readPromoted(root)).toBe('a')
  })

  it('after a promotion of an older set returns to the newer one', async () => {
    await write('a', 'b')
    for (const id of ['a', 'b', 'a']) await promote(root, id)
    expect(await goBack()).toBe('b')
  })

  it('passes over sets that have been removed', async () => {
    await write('a', 'b', 'c')
    for (const id of ['a', 'b', 'c']) await promote(root, id)
    await rm(join(root, 'b'), { recursive: true })
    expect(await goBack()).toBe('a')
  })

  it('goes to the parent where nothing is known of earlier promotions', async () => {
    await write('a')
    await writeArtefact(root, describeSet('b', { parent: 'a' }), files)
    await promote(root, 'b')
    await writeFile(join(root, 'promotion-history.json'), 'damaged')
    expect(await goBack()).toBe('a')
  })

  it.each<[string, string | null]>([
    ['the parent is not there', 'gone'],
    ['there is no parent', null],
  ])('is refused when %s and nothing was promoted before', async (_, parent) => {
    await writeArtefact(root, describeSet('b', { parent }), files)
    await promote(root, 'b')
    await expect(rollbackTarget(root)).rejects.toThrow('nothing to go back to')
  })

  it('is refused before the first promotion', async () => {
    await expect(rollbackTarget(root)).rejects.toThrow('No model set is promoted')
  })

  it('that a crash cut short after the pointer moved does not repeat itself', async () => {
    await write('a', 'b', 'c')
    for (const id of ['a', 'b', 'c']) await promote(root, id)
    const { history } = await rollbackTarget(root)
    expect(history).toEqual(['a'])
    await writeFile(join(root, 'promoted'), 'b\n')
    expect(await goBack()).toBe('a')
  })

  it('does not show in the list of sets', async () => {
    await write('a', 'b')
    for (const id of ['a', 'b']) await promote(root, id)
    expect((await listArtefacts(root)).map(({ id }) => id)).toEqual(['a', 'b'])
  })
})

describe('pruning', () => {
  async function remaining(keep: number): Promise<string[]> {
    const removed = await pruneArtefacts(root, keep)
    const left = (await listArtefacts(root)).map(({ id }) => id)
    expect((await readdir(root)).filter(name => name.startsWith('.'))).toEqual([])
    expect(removed.some(({ id }) => left.includes(id))).toBe(false)
    return left
  }

  beforeEach(async () => {
    for (const [createdAt, id] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      await writeArtefact(root, describeSet(id, { createdAt }), files)
    }
  })

  it('keeps the newest', async () => {
    expect(await remaining(2)).toEqual(['d', 'e'])
    expect(await remaining(9)).toEqual(['d', 'e'])
  })

  it('never removes the set in use, nor the one that a rollback leads to', async () => {
    for (const id of ['c', 'a', 'b']) await promote(root, id)
    expect(await remaining(1)).toEqual(['a', 'b', 'e'])
    expect(await goBack()).toBe('a')
  })

  it('can leave nothing but the set in use', async () => {
    await promote(root, 'c')
    expect(await remaining(0)).toEqual(['c'])
  })

  it('of nothing removes nothing', async () => {
    expect(await pruneArtefacts(join(root, 'nothing'), 1)).toEqual([])
  })
})
