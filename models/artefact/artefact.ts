/**
 * Model sets on disk: `<root>/<id>/` holds one set, `<root>/promoted` names the one in use.
 *
 * Invariants
 * 1. A folder `<root>/<id>` is complete or absent: it is written beside, synced, and renamed into place.
 * 2. A model set never changes after that.
 * 3. `promoted` always holds one whole id: promotion and rollback are the same rename.
 * 4. Nothing is handed out before sizes, checksums and the feature schema have been compared.
 * 5. `<root>/promotion-history.json` names what was promoted before, so that a rollback knows where to go.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import {
  ArtefactCorrupt,
  ArtefactExists,
  ArtefactMissing,
  ArtefactNameInvalid,
  checkId,
  checkName,
  formatVersion,
  historyName,
  type Manifest,
  type ModelSetDescription,
  manifestName,
  parseManifest,
  pointerName,
  SchemaMismatch,
  withDefaults,
} from './artefact-manifest.ts'
import { bytesOf, replaceFile, syncDirectory, syncFile, writeSynced } from './durable-file.ts'
import { readHistory, writeHistory } from './promotion-history.ts'

/** A model set whose files have been checked. */
export interface Artefact {
  readonly manifest: Manifest
  /** Where a file of the set lies. @throws ArtefactCorrupt when the set has no such file */
  path(file: string): string
}

/** Content by file name; several chunks are written one after another. */
export type ArtefactFiles = Readonly<Record<string, readonly ArrayBufferView[]>>

/**
 * Writes a model set; it appears in one step, when everything is on the disk.
 * @throws ArtefactExists, ArtefactNameInvalid
 */
export function writeArtefact(root: string, description: ModelSetDescription, files: ArtefactFiles): Promise<Manifest> {
  return placeArtefact(root, description, folder => writeFiles(folder, files))
}

/**
 * Writes a model set that has the files of another, but for those that are given.
 * @throws ArtefactExists, ArtefactNameInvalid
 */
export function deriveArtefact(
  root: string,
  base: Artefact,
  description: ModelSetDescription,
  files: ArtefactFiles,
): Promise<Manifest> {
  return placeArtefact(root, description, async folder => {
    const kept = Object.entries(base.manifest.files).filter(([name]) => !Object.hasOwn(files, name))
    for (const [name] of kept) {
      await copyFile(base.path(name), join(folder, name))
      await syncFile(join(folder, name))
    }
    return { ...Object.fromEntries(kept), ...(await writeFiles(folder, files)) }
  })
}

async function placeArtefact(
  root: string,
  description: ModelSetDescription,
  fill: (folder: string) => Promise<Manifest['files']>,
): Promise<Manifest> {
  const { id } = description
  checkId(id)
  const folder = join(root, id)
  if (await exists(folder)) throw new ArtefactExists(root, id)
  const temporary = join(root, `.${id}.tmp`)
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true })
  const manifest = withDefaults({ ...description, formatVersion, files: await fill(temporary) })
  await writeSynced(join(temporary, manifestName), [new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)])
  await syncDirectory(temporary)
  await rename(temporary, folder)
  await syncDirectory(root)
  return manifest
}

async function writeFiles(folder: string, files: ArtefactFiles): Promise<Manifest['files']> {
  const written: Record<string, { bytes: number; sha256: string }> = {}
  for (const [name, views] of Object.entries(files)) {
    checkName(name)
    if (name === manifestName) throw new ArtefactNameInvalid(name)
    const chunks = views.map(bytesOf)
    await writeSynced(join(folder, name), chunks)
    written[name] = { bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0), sha256: digest(chunks) }
  }
  return written
}

/** The model sets, in order of creation. A set whose manifest is unreadable is left out. */
export async function listArtefacts(root: string): Promise<Manifest[]> {
  const names = (await exists(root)) ? await readdir(root) : []
  const manifests = await Promise.all(
    names
      .filter(name => name !== pointerName && name !== historyName && !name.startsWith('.'))
      .map(id => readManifest(root, id).catch(() => null)),
  )
  return manifests.filter(manifest => manifest !== null).sort((a, b) => a.createdAt - b.createdAt)
}

/** @throws ArtefactMissing, ArtefactCorrupt */
export async function readManifest(root: string, id: string): Promise<Manifest> {
  checkId(id)
  const text = await readFile(join(root, id, manifestName), 'utf8').catch(error => {
    throw error.code === 'ENOENT' ? new ArtefactMissing(root, id) : error
  })
  return parseManifest(id, text)
}

/** Points `promoted` at a model set, be it newer or older than the present one. @throws ArtefactMissing, ArtefactCorrupt */
export async function promote(root: string, id: string): Promise<void> {
  await readManifest(root, id)
  const present = await readPromoted(root)
  // Written first: a name too many does no harm, see `rollbackTarget`.
  if (present !== null && present !== id) await writeHistory(root, [...(await readHistory(root)), present])
  await pointTo(root, id)
}

export async function pointTo(root: string, id: string): Promise<void> {
  await replaceFile(join(root, pointerName), [new TextEncoder().encode(`${id}\n`)])
}

/** Id of the promoted model set, or null before the first promotion. */
export async function readPromoted(root: string): Promise<string | null> {
  const path = join(root, pointerName)
  return (await exists(path)) ? (await readFile(path, 'utf8')).trim() : null
}

/**
 * Opens a model set after checking every file of it against the manifest.
 * @param schemaHash of the features that this program computes
 * @throws ArtefactMissing, ArtefactCorrupt naming the file, SchemaMismatch
 */
export async function loadArtefact(root: string, id: string, schemaHash: string): Promise<Artefact> {
  const manifest = await readManifest(root, id)
  if (manifest.schemaHash !== schemaHash) throw new SchemaMismatch(id, manifest.schemaHash, schemaHash)
  for (const [name, { bytes, sha256 }] of Object.entries(manifest.files)) {
    const path = join(root, id, name)
    const found = (await exists(path)) ? (await stat(path)).size : null
    if (found === null) throw new ArtefactCorrupt(id, name, 'is missing')
    if (found !== bytes) throw new ArtefactCorrupt(id, name, `has ${found} bytes, the manifest says ${bytes}`)
    if ((await digestFile(path)) !== sha256) throw new ArtefactCorrupt(id, name, 'does not match its checksum')
  }
  return {
    manifest,
    path(file) {
      if (!Object.hasOwn(manifest.files, file)) throw new ArtefactCorrupt(id, file, 'is not part of the set')
      return join(root, id, file)
    },
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function digest(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
