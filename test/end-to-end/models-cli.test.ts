import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandContext } from '../../cli/context.ts'
import { writeModelSet } from '../../funnel/model-set-files.ts'
import { schemaHashOf } from '../../funnel/schema-hash.ts'
import { Graph } from '../../models/graph/graph.ts'
import { reduceSum } from '../../models/graph/reduction.ts'
import { simulatorSettings } from '../../simulator/settings.ts'
import { createWorld } from '../../simulator/world.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import { tinyDescription, tinyModelSet, tinyRanker } from '../fakes/tiny-model-set.ts'
import { type RunningCommand, run, start } from './sluice.ts'

const world = { titles: 120, people: 30, days: 15, seed: 3 }
let cwd: string
let server: RunningCommand
let url: string

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sluice-models-'))
  const size = Object.entries(world).flatMap(([name, value]) => [`--${name}`, String(value)])
  await run(cwd, ['--no-progress', 'simulate', ...size, '--out', 'world.jsonl'])
  await run(cwd, ['--no-progress', 'import', 'jsonl', 'world.jsonl'])
  const dataDir = join(cwd, '.sluice')
  const schemaHash = schemaHashOf(new CommandContext({ dataDir, progress: false }).settings())
  const contents = tinyModelSet([...createWorld(simulatorSettings(world)).items()], 1, tinyRanker())
  for (const [createdAt, id] of ['first', 'second', 'foreign'].entries()) {
    const hash = id === 'foreign' ? 'fedcba9876543210' : schemaHash
    await writeModelSet(layoutOf(dataDir).models, tinyDescription(id, { createdAt, schemaHash: hash }), contents)
  }
  await writeFile(join(cwd, 'mine.onnx'), tinyRanker(7).onnx)
  await models('promote', 'first')
  server = start(cwd, ['serve', '--port', '0'])
  const said = await server.until(/Ctrl-C\n/)
  url = said.match(/http:\/\/[\d.:]+/)![0]
}, 120_000)

afterAll(async () => {
  server?.process.kill('SIGTERM')
  await server?.outcome
  await rm(cwd, { recursive: true, force: true })
})

async function models(...args: string[]) {
  const { code, out } = await run(cwd, ['models', ...args, '--json'])
  return { code, document: JSON.parse(out) }
}

/** The model set of the next feed. */
async function served(): Promise<string> {
  const body = JSON.stringify({ userId: 'somebody', n: 5 })
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(`${url}/v1/recommendations`, { method: 'POST', headers, body })
  expect(reply.status).toBe(200)
  return ((await reply.json()) as { modelSet: string }).modelSet
}

async function servedBecomes(id: string): Promise<void> {
  while ((await served()) !== id) await sleep(50)
}

describe('model sets beside a running server', () => {
  it('are promoted, imported and rolled back, and it follows by itself', { timeout: 60_000 }, async () => {
    expect(await served()).toBe('first')
    await models('promote', 'second')
    await servedBecomes('second')
    const { document } = await models('import', '--ranker', 'mine.onnx')
    expect(document).toMatchObject({ parent: 'second', origin: 'imported' })
    expect(await served()).toBe('second')
    await models('promote', document.id)
    await servedBecomes(document.id)
    expect((await models('rollback')).document).toEqual({ promoted: 'second', previous: document.id })
    await servedBecomes('second')
  })

  it('get an INT8 version of their ranker, with what it costs and gains, and it serves', {
    timeout: 60_000,
  }, async () => {
    const { document } = await models('quantise', 'first')
    expect(document).toMatchObject({ id: 'first-int8', parent: 'first', gate: { against: 'first' } })
    const { comparison, metrics } = document
    expect(comparison.rows).toBeGreaterThan(50)
    expect(comparison.speedUp).toBeGreaterThan(0)
    expect(metrics['int8.relativeDifference']).toBe(comparison.relativeDifference)
    expect(comparison.relativeDifference).toBeLessThan(0.2)
    await models('promote', 'first-int8', '--force')
    await servedBecomes('first-int8')
    expect(await models('quantise')).toMatchObject({ code: 1, document: { error: { code: 'not_quantised' } } })
  })

  it('take a tower from elsewhere, whose vectors then find items', { timeout: 60_000 }, async () => {
    const graph = new Graph()
    graph.output('query', reduceSum(graph.input('vectors', ['length', 4]), [0], true))
    await writeFile(join(cwd, 'tower.onnx'), graph.build('tower'))
    const ids = [...createWorld(simulatorSettings(world)).items()].map(({ id }) => id)
    const vectors = Float32Array.from({ length: 4 * ids.length }, (_, at) => Math.sin(at))
    await writeFile(join(cwd, 'ids.txt'), ids.join('\n'))
    await writeFile(join(cwd, 'vectors.f32'), vectors)
    const files = ['--tower', 'tower.onnx', '--item-vectors', 'vectors.f32', '--ids', 'ids.txt']
    const { document } = await models('import', ...files, '--base', 'first')
    expect(document.spaces.sequence).toEqual({ dimension: 4, count: ids.length, normalised: false })
    await models('promote', document.id)
    await servedBecomes(document.id)
    const { out } = await run(cwd, ['recommend', 'u3', '--explain', '--json'])
    const feed = JSON.parse(out)
    expect(feed).toMatchObject({ modelSet: document.id, degraded: null })
    expect(feed.trace.sources.sequence).toBeGreaterThan(0)
  })

  it('of another feature schema are refused before the server hears of them', { timeout: 60_000 }, async () => {
    const before = await served()
    const { code, document } = await models('promote', 'foreign')
    expect([code, document.error.code]).toEqual([1, 'model_schema'])
    expect(document.error.message).toMatch(/feature schema fedcba9876543210, this program computes [0-9a-f]{16}/)
    expect((await models('list')).document.promoted).toBe(before)
    expect(await served()).toBe(before)
    const health = await (await fetch(`${url}/v1/health/ready`)).json()
    expect(health).toEqual({ ready: true, degraded: [] })
  })
})
