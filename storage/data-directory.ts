import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '../domain/ports.ts'
import { DirectoryLock, type LockHolder, liveHolder } from './directory-lock.ts'
import { StorageError } from './errors.ts'
import { openJournal } from './open-journal.ts'
import { syncDirectory } from './sync-directory.ts'

/**
 * Everything that one running Sluice keeps:
 *
 *   journal/       segments of the journal: the truth
 *   state/         the online store: snapshots and documents, which the journal can make again
 *   models/        artefacts
 *   format.json    the layout's version
 *   lock           who writes here
 */
export interface DirectoryLayout {
  readonly root: string
  readonly journal: string
  /** The file of the online store. */
  readonly onlineStore: string
  readonly models: string
  readonly format: string
  readonly lock: string
}

export interface DirectoryDescription {
  /** False for a path that is no data directory yet; the numbers are those of an empty one then. */
  readonly exists: boolean
  /** True while the journal has no record. */
  readonly empty: boolean
  readonly firstSeq: number
  readonly lastSeq: number
  /** The live process that owns it. */
  readonly holder: LockHolder | undefined
}

const formatName = 'sluice-data'
const formatVersion = 1

export function layoutOf(root: string): DirectoryLayout {
  return {
    root,
    journal: join(root, 'journal'),
    onlineStore: join(root, 'state', 'online.mdb'),
    models: join(root, 'models'),
    format: join(root, 'format.json'),
    lock: join(root, 'lock'),
  }
}

/** A data directory that this process owns, from `open` to `close`. */
export class DataDirectory {
  readonly layout: DirectoryLayout
  readonly #lock: DirectoryLock

  /**
   * Makes the directory when it does not exist, or is empty.
   *
   * @throws DirectoryLockedError when another process owns it; StorageError `invalid` when the path holds something
   * else, `format` when another version made it, `failed` when it can not be written
   */
  static open(root: string, clock: Clock): DataDirectory {
    const layout = layoutOf(root)
    checkFormat(layout)
    makeDirectory(root)
    const lock = DirectoryLock.acquire(layout.lock, clock)
    try {
      if (!existsSync(layout.format)) writeFormat(layout)
      for (const path of [layout.journal, dirname(layout.onlineStore), layout.models]) makeDirectory(path)
      syncDirectory(root)
    } catch (error) {
      lock.release()
      throw error
    }
    return new DataDirectory(layout, lock)
  }

  private constructor(layout: DirectoryLayout, lock: DirectoryLock) {
    this.layout = layout
    this.#lock = lock
  }

  /** Writes the server's address where the command line looks for it; null once it no longer listens. */
  announce(url: string | null): void {
    this.#lock.announce(url)
  }

  /** Gives up ownership: call it after everything in the directory is closed. */
  close(): void {
    this.#lock.release()
  }
}

/** Looks without owning or changing anything. @throws StorageError, as `DataDirectory.open` and `openJournal` do */
export async function describeDirectory(root: string): Promise<DirectoryDescription> {
  const layout = layoutOf(root)
  checkFormat(layout)
  const exists = existsSync(layout.format)
  const holder = exists ? liveHolder(layout.lock) : undefined
  const journal = await openJournal(layout.journal, { readOnly: true })
  try {
    return { exists, empty: journal.lastSeq === 0, firstSeq: journal.firstSeq, lastSeq: journal.lastSeq, holder }
  } finally {
    await journal.close()
  }
}

function checkFormat(layout: DirectoryLayout): void {
  if (!existsSync(layout.format)) {
    refuseForeign(layout.root)
    return
  }
  const format = parseFormat(readFileSync(layout.format, 'utf8'))
  if (format?.format !== formatName) {
    throw new StorageError('corrupt', `${layout.format} can not be understood`, 'Restore it from a backup')
  }
  if (format.version !== formatVersion) {
    throw new StorageError(
      'format',
      `${layout.root} has format ${format.version}, this Sluice reads ${formatVersion}`,
      'Use the version of Sluice that made it, or another directory',
    )
  }
}

function parseFormat(text: string): { format: unknown; version: unknown } | undefined {
  try {
    return JSON.parse(text) ?? undefined
  } catch {
    return undefined
  }
}

/** Nobody wants their home directory filled. Settings, and what a file system or an interrupted start leaves, may be there. */
function refuseForeign(root: string): void {
  if (!existsSync(root)) return
  const foreign = readdirSync(root).find(
    name => !/^(\..*|lost\+found|lock(\..*)?|format\.json\.next|sluice\.toml)$/.test(name),
  )
  if (foreign === undefined) return
  throw new StorageError(
    'invalid',
    `${root} is not a data directory and not empty (it holds '${foreign}')`,
    'Name an empty or a new directory',
  )
}

function writeFormat(layout: DirectoryLayout): void {
  const next = `${layout.format}.next`
  writeFileSync(next, `${JSON.stringify({ format: formatName, version: formatVersion })}\n`)
  renameSync(next, layout.format)
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new StorageError('failed', `${path} can not be made`, 'Check the permissions of the directory above', error)
  }
}
