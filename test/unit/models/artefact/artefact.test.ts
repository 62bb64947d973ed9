import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  listArtefacts,
  loadArtefact,
  promote,
  readManifest,
  readPromoted,
  writeArtefact,
} from '../../../../models/artefact/artefact.ts'
import {
  ArrayFileInvalid,
  encodeStrings,
  readFloat32,
  readSharedFloat32,
  readStrings,
  readUint32,
} from '../../../../models/artefact/artefact-files.ts'
import {
  ArtefactCorrupt,
  ArtefactExists,
  ArtefactMissing,
  ArtefactNameInvalid,
  type ModelSetDescription,
  SchemaMismatch,
} from '../../../../models/artefact/artefact-manifest.ts'

const describeSet = (id: string, createdAt = 1000): ModelSetDescription => ({
  id,
  createdAt,
  schemaHash: 'abc',
  dataRange: { fromSeq: 1, toSeq: 90, fromTime: 5, toTime: 80 },
  parent: null,
  seed: 7,
  metrics: { auc: 0.81 },
  settings: { epochs: 3 },
  spaces: { collaborative: { dimension: 2, count: 3, normalised: true } },
  objectives: { click: { trained: true }, finish: { trained: false, reason: 'no labelled rows' } },
})

const vectors = Float32Array.of(1, -2, 3.5, 0, 1e-30, 6)
const names = ['plain', '', 'Ünïcödé 🎬', 'tab\tand\nline']
const files = {
  'vectors.f32': [vectors],
  'ids.txt': [encodeStrings(names)],
  'parts.u32': [Uint32Array.of(1, 2), Uint32Array.of(3)],
}

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'artefact-'))
})
afterEach(() => rm(root, { recursive: true }))

describe('a model set', () => {
  it('comes back as it was written', async () => {
    const written = await writeArtefact(root, describeSet('set-1'), files)
    const { manifest, path } = await loadArtefact(root, 'set-1', 'abc')
    expect(manifest).toEqual(written)
    expect(manifest).toMatchObject({ ...describeSet('set-1'), formatVersion: 1 })
    expect(manifest.files['parts.u32'].bytes).toBe(12)
    expect(await readFloat32(path('vectors.f32'))).toEqual(vectors)
    expect(await readUint32(path('parts.u32'))).toEqual(Uint32Array.of(1, 2, 3))
    expect(await readStrings(path('ids.txt'))).toEqual(names)
    const shared = await readSharedFloat32(path('vectors.f32'))
    expect(shared.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect([...shared]).toEqual([...vectors])
  })

  it('can be written from shared memory', async () => {
    const shared = new Float32Array(new SharedArrayBuffer(8))
    shared.set([4, 5])
    await writeArtefact(root, describeSet('set-1'), { 'vectors.f32': [shared] })
    const { path } = await loadArtefact(root, 'set-1', 'abc')
    expect([...(await readFloat32(path('vectors.f32')))]).toEqual([4, 5])
  })

  it('replaces what a crashed attempt left behind, and leaves nothing beside itself', async () => {
    await mkdir(join(root, '.set-1.tmp'))
    await writeFile(join(root, '.set-1.tmp', 'stale.f32'), 'half')
    await writeArtefact(root, describeSet('set-1'), files)
    expect(await readdir(root)).toEqual(['set-1'])
    expect((await readdir(join(root, 'set-1'))).sort()).toEqual([
      'ids.txt',
      'manifest.json',
      'parts.u32',
      'vectors.f32',
    ])
  })

  it('is never overwritten', async () => {
    await writeArtefact(root, describeSet('set-1'), files)
    await expect(writeArtefact(root, describeSet('set-1'), {})).rejects.toThrow(ArtefactExists)
    await loadArtefact(root, 'set-1', 'abc')
  })

  it.each(['../escape', '', '.hidden', 'a/b', 'promoted', 'promotion-history.json'])(
    'cannot have the id %j',
    async id => {
      await expect(writeArtefact(root, describeSet(id), {})).rejects.toThrow(ArtefactNameInvalid)
      await expect(readManifest(root, id)).rejects.toThrow(ArtefactNameInvalid)
    },
  )

  it.each(['manifest.json', '../x'])('cannot hold a file named %j', async name => {
    await expect(writeArtefact(root, describeSet('set-1'), { [name]: [] })).rejects.toThrow(ArtefactNameInvalid)
  })

  it('says that it is missing', async () => {
    await expect(loadArtefact(root, 'set-9', 'abc')).rejects.toThrow(ArtefactMissing)
    await expect(loadArtefact(root, 'set-9', 'abc')).rejects.toThrow(`no model set set-9 in ${root}`)
  })

  it('of another feature schema names both hashes and the way out', async () => {
    await writeArtefact(root, describeSet('set-1'), files)
    const attempt = loadArtefact(root, 'set-1', 'xyz')
    await expect(attempt).rejects.toThrow(SchemaMismatch)
    await expect(attempt).rejects.toThrow(/schema abc, this program computes xyz.*Train a new model set/)
  })

  it.each<[string, string, (path: string) => Promise<void>]>([
    ['cut short', 'has 20 bytes, the manifest says 24', path => truncate(path, 20)],
    ['altered', 'does not match its checksum', path => writeFile(path, new Uint8Array(24))],
    ['removed', 'is missing', path => rm(path)],
  ])('is refused when a file was %s', async (_, message, damage) => {
    await writeArtefact(root, describeSet('set-1'), files)
    await damage(join(root, 'set-1', 'vectors.f32'))
    const attempt = loadArtefact(root, 'set-1', 'abc')
    await expect(attempt).rejects.toMatchObject({ name: 'ArtefactCorrupt', file: 'vectors.f32' })
    await expect(attempt).rejects.toThrow(message)
  })

  it.each<[string, (text: string) => string]>([
    ['no JSON', text => text.slice(0, -20)],
    ['of another format', text => text.replace('"formatVersion": 1', '"formatVersion": 2')],
    ['of another set', text => text.replace('"id": "set-1"', '"id": "set-2"')],
    ['without files', text => text.replace('"files"', '"fails"')],
    ['null', () => 'null'],
  ])('is refused when its manifest is %s', async (_, damage) => {
    await writeArtefact(root, describeSet('set-1'), files)
    const path = join(root, 'set-1', 'manifest.json')
    await writeFile(path, damage(await readFile(path, 'utf8')))
    await expect(loadArtefact(root, 'set-1', 'abc')).rejects.toMatchObject({
      name: 'ArtefactCorrupt',
      file: 'manifest.json',
    })
  })

  it('has no files but its own', async () => {
    await writeArtefact(root, describeSet('set-1'), files)
    const { path } = await loadArtefact(root, 'set-1', 'abc')
    for (const name of ['other', 'toString', '../set-1/vectors.f32']) expect(() => path(name)).toThrow(ArtefactCorrupt)
  })
})

describe('promotion', () => {
  it('points at one set after another, and back', async () => {
    expect(await readPromoted(root)).toBeNull()
    for (const id of ['set-1', 'set-2']) await writeArtefact(root, describeSet(id), files)
    for (const id of ['set-1', 'set-2', 'set-1']) {
      await promote(root, id)
      expect(await readPromoted(root)).toBe(id)
    }
    expect((await readdir(root)).sort()).toEqual(['promoted', 'promotion-history.json', 'set-1', 'set-2'])
  })

  it('of a set that is not there changes nothing', async () => {
    await writeArtefact(root, describeSet('set-1'), files)
    await promote(root, 'set-1')
    await expect(promote(root, 'set-2')).rejects.toThrow(ArtefactMissing)
    expect(await readPromoted(root)).toBe('set-1')
  })
})

describe('the list of model sets', () => {
  it('is in order of creation, without what cannot be read', async () => {
    await writeArtefact(root, describeSet('late', 300), files)
    await writeArtefact(root, describeSet('early', 100), files)
    await promote(root, 'late')
    await mkdir(join(root, '.crashed.tmp'))
    await mkdir(join(root, 'empty'))
    expect((await listArtefacts(root)).map(manifest => manifest.id)).toEqual(['early', 'late'])
  })

  it('is empty before the first', async () => {
    expect(await listArtefacts(join(root, 'nothing'))).toEqual([])
  })
})

describe('string lists', () => {
  it('come back whatever they hold', async () => {
    const path = join(root, 'strings')
    const text = fc.string({ unit: 'grapheme' })
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 50 }), async strings => {
        await writeFile(path, encodeStrings(strings))
        expect(await readStrings(path)).toEqual(strings)
      }),
      { numRuns: 50 },
    )
  })

  it.each([1, 5, 8])('that lack %i bytes are refused', async missing => {
    const bytes = encodeStrings(['one', 'three'])
    await writeFile(join(root, 'strings'), bytes.subarray(0, bytes.length - missing))
    await expect(readStrings(join(root, 'strings'))).rejects.toThrow(ArrayFileInvalid)
  })
})

describe('array files', () => {
  it('of a broken length are refused', async () => {
    await writeFile(join(root, 'array'), new Uint8Array(7))
    await expect(readFloat32(join(root, 'array'))).rejects.toThrow('has 7 bytes, which is not a multiple of 4')
  })
})
