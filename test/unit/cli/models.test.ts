import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  importModel,
  listModels,
  printSignature,
  promoteModel,
  rollBackModels,
  showModel,
} from '../../../cli/commands/models.ts'
import { CommandContext } from '../../../cli/context.ts'
import { reportOf } from '../../../cli/output/errors.ts'
import { objectives } from '../../../domain/roles.ts'
import { featureCount, featureSchema } from '../../../features/schema.ts'
import { readModelSet, writeModelSet } from '../../../funnel/model-set-files.ts'
import { schemaHashOf } from '../../../funnel/schema-hash.ts'
import { loadArtefact, promote, readPromoted } from '../../../models/artefact/artefact.ts'
import type { GateVerdict, ModelSetDescription } from '../../../models/artefact/artefact-manifest.ts'
import { Graph } from '../../../models/graph/graph.ts'
import { reduceSum } from '../../../models/graph/reduction.ts'
import { layoutOf } from '../../../storage/data-directory.ts'
import { sampleItems } from '../../fakes/samples.ts'
import { tinyDescription, tinyModelSet, tinyRanker } from '../../fakes/tiny-model-set.ts'

const testItems = sampleItems(12)

let dataDir: string
let models: string
let schemaHash: string
let said: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'models-'))
  models = layoutOf(dataDir).models
  schemaHash = schemaHashOf(context().settings())
  said = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    said += text
    return true
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(dataDir, { recursive: true })
})

const context = (json = false) => new CommandContext({ dataDir, json, progress: false })

async function make(
  id: string,
  fields: Partial<ModelSetDescription> = {},
  ranker = tinyRanker() as Parameters<typeof tinyModelSet>[2],
) {
  await writeModelSet(models, tinyDescription(id, { schemaHash, ...fields }), tinyModelSet(testItems, 1, ranker))
}

async function json(command: (context: CommandContext) => Promise<void> | void) {
  said = ''
  await command(context(true))
  return JSON.parse(said)
}

/** What a person is told, and what the command exits with. */
async function refusal(command: Promise<void>) {
  return reportOf(
    await command.then(
      () => null,
      error => error,
    ),
  )
}

const plain = { maxLength: 50 }
const failed: GateVerdict = { passed: false, against: 'a', reasons: ['nDCG fell'], checks: [] }

describe('the list of model sets', () => {
  it('marks the one in use and shows metrics, parent, size and gate of each', async () => {
    await make('a', { metrics: { 'click.auc': 0.8123 }, createdAt: 1 })
    await make('b', { parent: 'a', gate: failed, createdAt: 2 })
    await promote(models, 'a')
    await listModels(context())
    const [head, a, b] = said.split('\n')
    expect(head.trim().split(/\s+/)).toEqual(['id', 'created', 'origin', 'size', 'click.auc', 'gate', 'parent'])
    expect(a).toMatch(/^\*\s+a\s+1970-01-01 00:00\s+trained\s+[\d.]+ KiB\s+0\.8123\s+-\s+-$/)
    expect(b).toMatch(/^\s+b\s+.*\s+-\s+failed\s+a$/)
    const document = await json(listModels)
    expect(document.promoted).toBe('a')
    expect(document.sets).toMatchObject([
      { id: 'a', promoted: true, origin: 'trained', metrics: { 'click.auc': 0.8123 } },
      { id: 'b', promoted: false, parent: 'a', gate: failed },
    ])
    expect(document.sets[0].bytes).toBeGreaterThan(1000)
  })

  it('says how to get the first one', async () => {
    await listModels(context())
    expect(said).toContain('There is no model set yet; train one with `npx sluice train --data-dir')
    expect(await json(listModels)).toEqual({ promoted: null, sets: [] })
  })
})

describe('showing a model set', () => {
  it('tells its files and what the gate found, of the one in use unless another is named', async () => {
    const gate = { ...failed, checks: [{ name: 'x', passed: false, value: 1, bound: 2, text: 'nDCG fell' }] }
    await make('a', { gate })
    await make('b')
    await promote(models, 'a')
    await showModel(context())
    expect(said).toContain('a (in use)')
    expect(said).toMatch(/ranker\.onnx\s+[\d.]+ KiB/)
    expect(said).toContain('Gate: failed, compared with a\n  broken  nDCG fell')
    expect(await json(c => showModel(c, 'b'))).toMatchObject({ id: 'b', promoted: false, gate: null })
  })

  it('of an id that is not there, or cannot be one, is refused', async () => {
    expect(await refusal(showModel(context(), 'z'))).toMatchObject({ code: 'model_missing', exitCode: 1 })
    expect(await refusal(showModel(context(), '../z'))).toMatchObject({ code: 'model_name', exitCode: 2 })
    expect(await refusal(showModel(context()))).toMatchObject({
      code: 'model_missing',
      message: 'no model set is promoted',
    })
  })
})

describe('promoting', () => {
  it('moves the pointer and names the set that was in use', async () => {
    await make('a')
    await make('b')
    await promoteModel(context(), 'a', {})
    expect(said).toBe('Promoted a; a running server takes it up by itself\n')
    expect(await json(c => promoteModel(c, 'b', {}))).toEqual({ promoted: 'b', previous: 'a' })
    expect(await readPromoted(models)).toBe('b')
  })

  it('a set of another feature schema is refused with both hashes, and nothing changes', async () => {
    await make('a')
    await make('other', { schemaHash: 'fedcba9876543210' })
    await promote(models, 'a')
    for (const force of [false, true]) {
      expect(await refusal(promoteModel(context(), 'other', { force }))).toMatchObject({
        code: 'model_schema',
        exitCode: 1,
        message: expect.stringContaining(`feature schema fedcba9876543210, this program computes ${schemaHash}`),
      })
    }
    expect(await readPromoted(models)).toBe('a')
    expect(await readdir(models)).not.toContain('promotion-history.json')
  })

  it('a set that failed its gate is refused with the reasons, unless forced', async () => {
    await make('a')
    await make('b', { gate: failed })
    await promote(models, 'a')
    const report = await refusal(promoteModel(context(), 'b', {}))
    expect(report).toMatchObject({ code: 'gate_failed', message: 'b did not pass its gate: nDCG fell', exitCode: 1 })
    expect(report.hint).toContain('--force')
    expect(await readPromoted(models)).toBe('a')
    await promoteModel(context(), 'b', { force: true })
    expect(await readPromoted(models)).toBe('b')
  })

  it('a damaged set, one that is not there, or no id at all is refused, and nothing changes', async () => {
    await make('a')
    await make('b')
    await promote(models, 'a')
    await writeFile(join(models, 'b', 'ranker.onnx'), 'damaged')
    expect(await refusal(promoteModel(context(), 'b', {}))).toMatchObject({ code: 'model_corrupt', exitCode: 1 })
    expect(await refusal(promoteModel(context(), 'c', {}))).toMatchObject({ code: 'model_missing', exitCode: 1 })
    expect(await refusal(promoteModel(context(), 'promoted', {}))).toMatchObject({ code: 'model_name', exitCode: 2 })
    expect(await readPromoted(models)).toBe('a')
  })
})

describe('rolling back', () => {
  it('uses the set that was in use before', async () => {
    for (const id of ['a', 'b']) {
      await make(id)
      await promote(models, id)
    }
    await rollBackModels(context())
    expect(said).toBe('Rolled back from b to a; a running server takes it up by itself\n')
    expect(await readPromoted(models)).toBe('a')
    expect(await refusal(rollBackModels(context()))).toMatchObject({ code: 'no_rollback', exitCode: 1 })
  })

  it('to a set of another feature schema is refused, and nothing changes', async () => {
    await make('old', { schemaHash: 'fedcba9876543210' })
    await make('new')
    for (const id of ['old', 'new']) await promote(models, id)
    expect(await refusal(rollBackModels(context()))).toMatchObject({ code: 'model_schema' })
    expect(await readPromoted(models)).toBe('new')
    expect(await json(c => promoteModel(c, 'new', {}))).toEqual({ promoted: 'new', previous: 'new' })
  })

  it('before the first promotion is refused', async () => {
    expect(await refusal(rollBackModels(context()))).toMatchObject({ code: 'no_rollback' })
  })
})

describe('importing a ranker', () => {
  const file = () => join(dataDir, 'mine.onnx')

  it('makes a new set from the one in use, with its other models and the ranker from elsewhere', async () => {
    await make('base', { metrics: { 'click.auc': 0.7, 'recall@100': 0.4 }, kinds: ['collaborative', 'ranker'] }, null)
    await promote(models, 'base')
    const { onnx } = tinyRanker(9)
    await writeFile(file(), onnx)
    const manifest = await json(c => importModel(c, { ...plain, ranker: file() }))
    expect(manifest).toMatchObject({
      parent: 'base',
      origin: 'imported',
      kinds: ['collaborative', 'ranker'],
      metrics: { 'recall@100': 0.4 },
      gate: null,
      schemaHash,
    })
    const { ranker, vocabulary } = await readModelSet(await loadArtefact(models, manifest.id, schemaHash))
    expect(ranker?.onnx).toEqual(new Uint8Array(onnx))
    expect(ranker?.trained).toEqual({ click: true, finish: true, positive: true, negative: true })
    expect(vocabulary).toEqual(testItems.map(({ id }) => id))
    expect(await readPromoted(models)).toBe('base')
    await promoteModel(context(), manifest.id, {})
    expect(await readPromoted(models)).toBe(manifest.id)
  })

  it('that does not fit tells what was expected, with the features in order, and makes nothing', async () => {
    await make('base')
    await writeFile(file(), 'not a model')
    const report = await refusal(importModel(context(), { ...plain, ranker: file(), base: 'base' }))
    expect(report).toMatchObject({ code: 'model_refused', exitCode: 1 })
    expect(report.message).toContain(`'features' float32 [rows, ${featureCount}]`)
    expect(report.message).toContain(featureSchema.map(({ name }) => name).join(', '))
    expect(await readdir(models)).toEqual(['base'])
  })

  it('that is said to hold an objective that there is not is refused', async () => {
    await make('base')
    await writeFile(file(), tinyRanker().onnx)
    const report = await refusal(
      importModel(context(), { ...plain, ranker: file(), base: 'base', objectives: 'click,share' }),
    )
    expect(report.message).toContain("there is no objective 'share'")
  })

  it('without a base to start from, from one of other features, or from no file is refused', async () => {
    await writeFile(file(), tinyRanker().onnx)
    expect(await refusal(importModel(context(), { ...plain, ranker: file() }))).toMatchObject({ code: 'model_missing' })
    await make('other', { schemaHash: 'fedcba9876543210' })
    expect(await refusal(importModel(context(), { ...plain, ranker: file(), base: 'other' }))).toMatchObject({
      code: 'model_schema',
    })
    await make('base')
    expect(await refusal(importModel(context(), { ...plain, ranker: 'nowhere.onnx', base: 'base' }))).toMatchObject({
      code: 'ENOENT',
    })
  })
})

describe('importing a tower', () => {
  const at = (name: string) => join(dataDir, name)
  const options = () => ({ tower: at('tower.onnx'), itemVectors: at('v.f32'), ids: at('ids.txt'), maxLength: 5 })

  beforeEach(async () => {
    await make('base')
    await promote(models, 'base')
    await writeFile(at('ids.txt'), `stranger\n${testItems[2].id}`)
    await writeFile(at('v.f32'), Float32Array.of(9, 9, 9, 9, 1, 2, 3, 4))
    await writeFile(at('tower.onnx'), sumTower())
  })

  /** The sum over a history. */
  function sumTower(): Uint8Array {
    const graph = new Graph()
    graph.output('query', reduceSum(graph.input('vectors', ['length', 4]), [0], true))
    return graph.build('tower')
  }

  it('with its item vectors makes a new set that has them in the place of the sequence model', async () => {
    const manifest = await json(c => importModel(c, options()))
    expect(manifest).toMatchObject({ origin: 'imported', parent: 'base', kinds: ['sequence'] })
    expect(manifest.spaces.sequence).toEqual({ dimension: 4, count: 1, normalised: false })
    const { sequence, ranker } = await readModelSet(await loadArtefact(models, manifest.id, schemaHash))
    expect(sequence).toMatchObject({ dimension: 4, maxLength: 5 })
    expect([...sequence!.vectors.subarray(8, 12)]).toEqual([1, 2, 3, 4])
    expect(sequence!.vectors.filter(value => value !== 0)).toHaveLength(4)
    expect(ranker).not.toBeNull()
  })

  it('and a ranker at once makes one set with both', async () => {
    await writeFile(at('mine.onnx'), tinyRanker(5).onnx)
    const manifest = await json(c => importModel(c, { ...options(), ranker: at('mine.onnx') }))
    expect(manifest.kinds).toEqual(['ranker', 'sequence'])
    expect(Object.keys(manifest.settings)).toEqual(['imported.ranker', 'imported.sequence'])
  })

  it('without its item vectors, and nothing at all, is wrong usage', async () => {
    const alone = importModel(context(), { ...options(), ids: undefined })
    expect(await refusal(alone)).toMatchObject({ code: 'usage', exitCode: 2 })
    expect(await refusal(importModel(context(), plain))).toMatchObject({
      code: 'usage',
      message: 'there is nothing to import',
    })
  })

  it('that does not fit its vectors, or whose items nobody knows, is refused and makes nothing', async () => {
    await writeFile(at('v.f32'), new Float32Array(6).fill(1))
    expect(await refusal(importModel(context(), options()))).toMatchObject({ code: 'model_refused' })
    await writeFile(at('v.f32'), new Float32Array(8).fill(1))
    await writeFile(at('ids.txt'), 'stranger\nother')
    const report = await refusal(importModel(context(), options()))
    expect(report).toMatchObject({ code: 'vectors_refused', exitCode: 1 })
    expect(report.message).toContain('none of the 2 ids is an item of base')
    expect((await readdir(models)).sort()).toEqual(['base', 'promoted'])
  })
})

describe('the signature of a ranker', () => {
  it('names every feature in order, the objectives, and the feature schema', async () => {
    printSignature(context())
    const names = said.split('\n').flatMap(line => line.match(/^\s*\d+\s\s(\w+)$/)?.[1] ?? [])
    expect(names).toEqual(featureSchema.map(({ name }) => name))
    const document = await json(printSignature)
    expect(document.schemaHash).toBe(schemaHash)
    expect(document.input.shape).toEqual(['rows', featureCount])
    expect(document.input.columns[1]).toEqual({ column: 1, name: featureSchema[1].name, group: featureSchema[1].group })
    expect(document.outputs.map(({ columns }: { columns: string[] }) => columns)).toEqual([objectives, objectives])
  })
})

describe('every set', () => {
  it('stays as it was written, whatever is promoted or imported', async () => {
    await make('base')
    const before = await readFile(join(models, 'base', 'manifest.json'), 'utf8')
    await writeFile(join(dataDir, 'mine.onnx'), tinyRanker(2).onnx)
    await promoteModel(context(), 'base', {})
    await importModel(context(), { ...plain, ranker: join(dataDir, 'mine.onnx') })
    expect(await readFile(join(models, 'base', 'manifest.json'), 'utf8')).toBe(before)
  })
})
