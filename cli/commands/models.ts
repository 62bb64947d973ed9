import { readFile } from 'node:fs/promises'
import { systemClock } from '../../domain/ports.ts'
import { featureSchema } from '../../features/schema.ts'
import { schemaHashOf } from '../../funnel/schema-hash.ts'
import { listArtefacts, loadArtefact, promote, readManifest, readPromoted } from '../../models/artefact/artefact.ts'
import { ArtefactNameInvalid, type Manifest, NothingToRollBack } from '../../models/artefact/artefact-manifest.ts'
import { pruneArtefacts } from '../../models/artefact/prune.ts'
import { rollBack, rollbackTarget } from '../../models/artefact/rollback.ts'
import { ItemVectorsInvalid } from '../../models/foreign/item-vectors.ts'
import { ForeignModelRefused } from '../../models/foreign/signatures.ts'
import { NothingToQuantise } from '../../models/quantisation/quantise.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import type { CommandContext } from '../context.ts'
import { CommandError, exitCodes } from '../exit.ts'
import { type ImportedTower, importModels, type NamedFile, rankerSignature } from '../models/import-models.ts'
import { QuantisationImpossible, quantiseRanker } from '../models/quantise-ranker.ts'
import { formatBytes, renderModelSet, renderModelSets, renderQuantisation } from '../output/models.ts'

export interface PromoteOptions {
  readonly force?: boolean
}

export interface ImportOptions {
  readonly ranker?: string
  readonly objectives?: string
  readonly tower?: string
  readonly itemVectors?: string
  readonly ids?: string
  readonly maxLength: number
  readonly base?: string
}

const takenUp = 'a running server takes it up by itself'

export async function listModels(context: CommandContext): Promise<void> {
  const { models } = layoutOf(context.dataDir)
  const [sets, promoted] = [await listArtefacts(models), await readPromoted(models)]
  const none = `There is no model set yet; train one with ${context.command('train')}\n`
  context.print(sets.length === 0 ? none : renderModelSets(sets, promoted), {
    promoted,
    sets: sets.map(set => ({ ...set, promoted: set.id === promoted })),
  })
}

/** @param id default: the promoted one */
export async function showModel(context: CommandContext, id?: string): Promise<void> {
  await telling(async () => {
    const { models } = layoutOf(context.dataDir)
    const promoted = await readPromoted(models)
    const set = await readManifest(models, id ?? promoted ?? nonePromoted(context))
    context.print(renderModelSet(set, promoted), { ...set, promoted: set.id === promoted })
  })
}

/** Nothing changes unless the set is whole, of this feature schema, and has passed its gate. */
export async function promoteModel(context: CommandContext, id: string, { force }: PromoteOptions): Promise<void> {
  await telling(async () => {
    const { models } = layoutOf(context.dataDir)
    const manifest = await loadServable(context, id)
    if (force !== true) checkGate(context, manifest)
    const previous = await readPromoted(models)
    await promote(models, id)
    context.print(`Promoted ${id}; ${takenUp}\n`, { promoted: id, previous })
  })
}

export async function rollBackModels(context: CommandContext): Promise<void> {
  await telling(async () => {
    const { models } = layoutOf(context.dataDir)
    const target = await rollbackTarget(models)
    await loadServable(context, target.to)
    await rollBack(models, target)
    const text = `Rolled back from ${target.from} to ${target.to}; ${takenUp}\n`
    context.print(text, { promoted: target.to, previous: target.from })
  })
}

export async function pruneModels(context: CommandContext, { keep }: { readonly keep: number }): Promise<void> {
  const removed = await pruneArtefacts(layoutOf(context.dataDir).models, keep)
  const bytes = removed.reduce((sum, set) => sum + set.bytes, 0)
  const lines = removed.map(({ id }) => `Removed ${id}\n`).join('')
  const text = removed.length === 0 ? 'There was nothing to remove\n' : `${lines}${formatBytes(bytes)} are free again\n`
  context.print(text, { removed: removed.map(({ id }) => id), bytes })
}

/** @param id default: the promoted one */
export async function quantiseModels(context: CommandContext, id?: string): Promise<void> {
  await telling(async () => {
    const { models, journal } = layoutOf(context.dataDir)
    const { manifest, comparison } = await quantiseRanker({
      journal,
      modelsRoot: models,
      base: id ?? (await readPromoted(models)) ?? nonePromoted(context),
      settings: context.settings(),
      createdAt: systemClock.now(),
      progress: context.progress(),
    })
    const next = `Use it with ${context.command(`models promote ${manifest.id}`)}`
    context.print(`Made ${manifest.id}\n\n${renderQuantisation(comparison)}\n${next}\n`, { ...manifest, comparison })
  })
}

export async function importModel(context: CommandContext, options: ImportOptions): Promise<void> {
  await telling(async () => {
    const { models } = layoutOf(context.dataDir)
    const { ranker, objectives } = options
    const tower = await namedTower(options)
    if (ranker === undefined && tower === undefined) {
      throw wrongUsage('there is nothing to import', 'Give --ranker, or --tower with --item-vectors and --ids')
    }
    const base = options.base ?? (await readPromoted(models)) ?? nonePromoted(context)
    const manifest = await importModels({
      modelsRoot: models,
      schemaHash: schemaHashOf(context.settings()),
      base,
      ...(ranker !== undefined && { ranker: { onnx: await named(ranker), columns: objectives?.split(',') } }),
      ...(tower !== undefined && { tower }),
      createdAt: systemClock.now(),
    })
    const next = `Use it with ${context.command(`models promote ${manifest.id}`)}`
    context.print(`Made ${manifest.id} from ${base}\n\n${renderModelSet(manifest, null)}\n${next}\n`, manifest)
  })
}

async function namedTower({ tower, itemVectors, ids, maxLength }: ImportOptions): Promise<ImportedTower | undefined> {
  if (tower === undefined && itemVectors === undefined && ids === undefined) return undefined
  if (tower === undefined || itemVectors === undefined || ids === undefined) {
    const hint = 'A tower only works with the item vectors that it was trained with: give all three'
    throw wrongUsage('--tower, --item-vectors and --ids belong together', hint)
  }
  return { onnx: await named(tower), vectors: await named(itemVectors), ids: await named(ids), maxLength }
}

async function named(path: string): Promise<NamedFile> {
  return { path, bytes: new Uint8Array(await readFile(path)) }
}

function wrongUsage(message: string, hint: string): CommandError {
  return new CommandError('usage', message, hint, { exitCode: exitCodes.usage })
}

export function printSignature(context: CommandContext): void {
  const { objectives } = rankerSignature
  const features = featureSchema.map(({ name, group }, column) => ({ column, name, group }))
  const document = {
    schemaHash: schemaHashOf(context.settings()),
    input: { name: 'features', type: 'float32', shape: ['rows', features.length], columns: features },
    outputs: ['logits', 'probabilities'].map(name => ({
      ...{ name, type: 'float32', shape: ['rows', objectives.length], columns: objectives },
    })),
    tower: {
      input: { name: 'vectors', type: 'float32', shape: ['length', 'dimension'] },
      output: { name: 'query', type: 'float32', shape: [1, 'dimension'] },
    },
  }
  const text = [
    `feature schema  ${document.schemaHash}`,
    '',
    'ranker',
    `input           features float32 [rows, ${features.length}], columns below`,
    `output          logits or probabilities float32 [rows, ${objectives.length}]: ${objectives.join(', ')}`,
    'conditions      any number of rows, 0 too; finite; a row is answered alike whatever stands beside it;',
    `                all but ${objectives[0]} are given that there was a ${objectives[0]}`,
    '',
    'tower',
    'input           vectors float32 [length, dimension]: item vectors of a history, oldest first, any length',
    'output          query float32 [1, dimension]: its inner product with an item vector is the score',
    '',
    'columns of the input features',
    ...features.map(({ column, name }) => `${String(column).padStart(4)}  ${name}`),
  ]
  context.print(`${text.join('\n')}\n`, document)
}

async function loadServable(context: CommandContext, id: string): Promise<Manifest> {
  const { models } = layoutOf(context.dataDir)
  return (await loadArtefact(models, id, schemaHashOf(context.settings()))).manifest
}

function checkGate(context: CommandContext, { id, gate }: Manifest): void {
  if (gate === null || gate.passed) return
  const hint = `Look at ${context.command(`models show ${id}`)}, or promote it nevertheless with --force`
  throw new CommandError('gate_failed', `${id} did not pass its gate: ${gate.reasons.join('; ')}`, hint)
}

function nonePromoted(context: CommandContext): never {
  const hint = `Name one; ${context.command('models list')} shows which there are`
  throw new CommandError('model_missing', 'no model set is promoted', hint)
}

/** Turns what these commands can be refused for into what a person is told. */
async function telling(command: () => Promise<void>): Promise<void> {
  try {
    await command()
  } catch (error) {
    if (error instanceof NothingToRollBack) {
      throw new CommandError('no_rollback', error.message, 'Promote one by its id with `sluice models promote`')
    }
    if (error instanceof ArtefactNameInvalid) {
      const hint = '`sluice models list` shows which model sets there are'
      throw new CommandError('model_name', error.message, hint, { exitCode: exitCodes.usage })
    }
    if (error instanceof ForeignModelRefused) {
      const hint = '`sluice models signature` says what a model must look like, and lists the features by number'
      throw new CommandError('model_refused', error.message, hint)
    }
    if (error instanceof NothingToQuantise || error instanceof QuantisationImpossible) {
      throw new CommandError('not_quantised', error.message, 'Take a set with a float ranker: `sluice models list`')
    }
    if (error instanceof ItemVectorsInvalid) {
      throw new CommandError('vectors_refused', error.message, '`numpy.save` writes such a file')
    }
    throw error
  }
}
