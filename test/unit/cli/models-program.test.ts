import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CommandContext } from '../../../cli/context.ts'
import { reportOf } from '../../../cli/output/errors.ts'
import { createProgram } from '../../../cli/program.ts'
import { writeModelSet } from '../../../funnel/model-set-files.ts'
import { schemaHashOf } from '../../../funnel/schema-hash.ts'
import { layoutOf } from '../../../storage/data-directory.ts'
import { sampleItems } from '../../fakes/samples.ts'
import { tinyDescription, tinyModelSet, tinyRanker } from '../../fakes/tiny-model-set.ts'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'models-program-'))
  const schemaHash = schemaHashOf(new CommandContext({ dataDir, progress: false }).settings())
  for (const id of ['a', 'b', 'bare']) {
    const contents = tinyModelSet(sampleItems(5), 1, id === 'bare' ? null : tinyRanker())
    await writeModelSet(layoutOf(dataDir).models, tinyDescription(id, { schemaHash }), contents)
  }
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(dataDir, { recursive: true })
})

/** What `sluice models …` prints, as the document it is. */
async function models(...args: string[]) {
  let said = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    said += text
    return true
  })
  await createProgram().parseAsync(['node', 'sluice', 'models', ...args, '--data-dir', dataDir, '--json'])
  return JSON.parse(said)
}

describe('the command `sluice models`', () => {
  it('takes a set through its life', async () => {
    expect(await models('promote', 'a')).toEqual({ promoted: 'a', previous: null })
    expect(await models('promote', 'b', '--force')).toEqual({ promoted: 'b', previous: 'a' })
    expect((await models('show')).id).toBe('b')
    expect((await models('show', 'a')).promoted).toBe(false)
    expect(await models('rollback')).toEqual({ promoted: 'a', previous: 'b' })
    expect((await models('list')).sets.map(({ id }: { id: string }) => id)).toEqual(['a', 'b', 'bare'])
    expect(await models('prune')).toEqual({ removed: [], bytes: 0 })
    expect((await models('prune', '--keep', '0')).removed).toEqual(['b', 'bare'])
  })

  it('makes no INT8 version where there is no ranker, or nobody to try it on', async () => {
    const attempt = async (id: string) =>
      reportOf(
        await models('quantise', id).then(
          () => null,
          error => error,
        ),
      )
    expect(await attempt('bare')).toMatchObject({ code: 'not_quantised', message: 'model set bare has no ranker' })
    expect(await attempt('a')).toMatchObject({
      code: 'not_quantised',
      message: expect.stringContaining('fewer than two'),
    })
    expect(await attempt('z')).toMatchObject({ code: 'model_missing' })
    expect((await models('list')).sets).toHaveLength(3)
  })

  it('imports what `signature` describes', async () => {
    const { input, outputs } = await models('signature')
    expect(input.shape[1]).toBe(input.columns.length)
    expect(outputs[0].name).toBe('logits')
    const file = join(dataDir, 'mine.onnx')
    await writeFile(file, tinyRanker(3).onnx)
    const manifest = await models('import', '--ranker', file, '--base', 'a')
    expect(manifest).toMatchObject({ parent: 'a', origin: 'imported' })
  })
})
