import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Clock } from '../domain/ports.ts'
import { StorageError } from './errors.ts'

/**
 * The file that says which process owns a data directory.
 *
 * 1. It is made with O_EXCL: of several processes that start at once, one gets it.
 * 2. The lock of a process that is gone is taken over, by one process at a time: whoever made the takeover file.
 * 3. Only its owner changes or removes it.
 */

export interface LockHolder {
  readonly pid: number
  readonly host: string
  /** Tells a process from a later one with the same pid; null where the platform does not say. */
  readonly processStart: string | null
  /** Epoch milliseconds at which the lock was taken. */
  readonly since: number
  /** Where the server can be reached, once it listens. */
  readonly url: string | null
}

export class DirectoryLockedError extends StorageError {
  override readonly name = 'DirectoryLockedError'
  readonly holder: LockHolder

  constructor(path: string, holder: LockHolder) {
    const where = holder.host === hostname() ? '' : ` on ${holder.host}`
    const url = holder.url === null ? '' : `, serving at ${holder.url}`
    super(
      'locked',
      `The data directory is in use by process ${holder.pid}${where}${url}, since ${new Date(holder.since).toISOString()}`,
      holder.host === hostname()
        ? `Stop that process or use another data directory`
        : `Use another data directory; if that machine or container is gone for good, delete ${path}`,
    )
    this.holder = holder
  }
}

export class DirectoryLock {
  readonly #path: string
  #holder: LockHolder

  /** @throws DirectoryLockedError when a live process has it; StorageError `locked` when the file can not be read */
  static acquire(path: string, clock: Clock): DirectoryLock {
    const holder: LockHolder = {
      pid: process.pid,
      host: hostname(),
      processStart: processStart(process.pid),
      since: clock.now(),
      url: null,
    }
    if (!createExclusively(path, holder)) takeOver(path, holder)
    return new DirectoryLock(path, holder)
  }

  private constructor(path: string, holder: LockHolder) {
    this.#path = path
    this.#holder = holder
  }

  /** Lets others find the server, or tells them that it no longer listens. */
  announce(url: string | null): void {
    this.#holder = { ...this.#holder, url }
    const next = `${this.#path}.next`
    writeFileSync(next, JSON.stringify(this.#holder))
    renameSync(next, this.#path)
  }

  /** Leaves a lock alone that somebody else took after this one was deleted by hand. */
  release(): void {
    const current = readHolder(this.#path)
    if (current?.pid === this.#holder.pid && current.since === this.#holder.since) rmSync(this.#path)
  }
}

/** @returns the live process that has the lock, undefined when there is none. @throws StorageError `locked` */
export function liveHolder(path: string): LockHolder | undefined {
  const holder = readHolder(path)
  return holder !== undefined && isAlive(holder) ? holder : undefined
}

function takeOver(path: string, holder: LockHolder): void {
  const takeover = `${path}.takeover`
  refuseLive(path)
  if (!createExclusively(takeover, holder)) {
    throw new StorageError(
      'locked',
      'Another process is taking over the data directory from one that is gone',
      `Try again; if this stays so and no Sluice runs, delete ${takeover}`,
    )
  }
  try {
    // Somebody else may have finished a takeover between the two looks.
    refuseLive(path)
    rmSync(path, { force: true })
    if (!createExclusively(path, holder)) refuseLive(path)
  } finally {
    rmSync(takeover, { force: true })
  }
}

function refuseLive(path: string): void {
  const other = liveHolder(path)
  if (other !== undefined) throw new DirectoryLockedError(path, other)
}

function createExclusively(path: string, holder: LockHolder): boolean {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new StorageError('failed', `${path} can not be written`, 'Check the permissions of the directory', error)
  }
}

function readHolder(path: string): LockHolder | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new StorageError('failed', `${path} can not be read`, 'Check the permissions of the directory', error)
  }
  try {
    const holder = JSON.parse(text) as LockHolder
    if (Number.isInteger(holder.pid) && typeof holder.host === 'string') return holder
  } catch {
    // Falls through: the text is no lock, whatever the parser said about it.
  }
  throw new StorageError('locked', `${path} can not be understood`, 'If no Sluice uses this directory, delete the file')
}

function isAlive(holder: LockHolder): boolean {
  // Another machine's processes can not be seen from here.
  if (holder.host !== hostname()) return true
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const start = processStart(holder.pid)
  return start === null || holder.processStart === null || start === holder.processStart
}

/** Clock ticks since boot at which the process began: the 22nd field, counted after the name in parentheses. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
