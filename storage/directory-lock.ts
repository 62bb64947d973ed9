import { createHash, randomUUID } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../domain/ports.ts'
import { StorageError } from './errors.ts'
import { readProcessStat } from './process-stat.ts'

/**
 * The file that says which process owns a data directory.
 *
 * 1. It appears whole, by a link that fails when it exists: of several processes that start at once, one gets it.
 * 2. The lock of a process that is gone is replaced by whoever owns its successor, a lock named after what it says. A
 *    successor's owner can be killed too, and is followed in the same way: no moment of a start needs a hand.
 * 3. Only its owner changes or removes it.
 */

/** Bytes that are no lock are what a power cut leaves; younger ones may be written just now, where links are missing. */
const brokenAgeMs = 5000

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
      processStart: readProcessStat(process.pid)?.startedAt ?? null,
      since: clock.now(),
      url: null,
    }
    claim(path, holder, clock)
    sweep(path)
    return new DirectoryLock(path, holder)
  }

  private constructor(path: string, holder: LockHolder) {
    this.#path = path
    this.#holder = holder
  }

  /** Lets others find the server, or tells them that it no longer listens. */
  announce(url: string | null): void {
    this.#holder = { ...this.#holder, url }
    replace(this.#path, this.#holder)
  }

  /** Leaves a lock alone that somebody else took after this one was deleted by hand. */
  release(): void {
    const current = parseHolder(this.#path, readText(this.#path))
    if (current?.pid === this.#holder.pid && current.since === this.#holder.since) rmSync(this.#path)
  }
}

/** @returns the live process that has the lock, undefined when there is none. @throws StorageError `locked` */
export function liveHolder(path: string): LockHolder | undefined {
  const holder = parseHolder(path, readText(path))
  return holder !== undefined && isAlive(holder) ? holder : undefined
}

function claim(path: string, holder: LockHolder, clock: Clock): void {
  while (!createExclusively(path, holder)) {
    const stale = staleText(path, clock)
    if (stale !== undefined && takeOver(path, stale, holder, clock)) return
  }
}

/** @returns false when somebody else was faster */
function takeOver(path: string, stale: string, holder: LockHolder, clock: Clock): boolean {
  const successor = `${path}.after-${createHash('sha256').update(stale).digest('hex').slice(0, 12)}`
  claim(successor, holder, clock)
  try {
    if (staleText(path, clock) !== stale) return false
    replace(path, holder)
    return true
  } catch (error) {
    // A new owner has swept, so the lock that this successor is of is gone.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  } finally {
    rmSync(successor, { force: true })
  }
}

/** @returns what a lock says whose owner is gone, undefined when there is no lock. @throws DirectoryLockedError */
function staleText(path: string, clock: Clock): string | undefined {
  const text = readText(path)
  if (text === undefined) return undefined
  const holder = parseHolder(path, text)
  if (holder !== undefined && isAlive(holder)) throw new DirectoryLockedError(path, holder)
  if (holder === undefined && ageMs(path, clock) < brokenAgeMs) {
    throw new StorageError(
      'locked',
      `${path} is not written to its end`,
      `Try again in ${brokenAgeMs / 1000} seconds: it is taken over when it stays so`,
    )
  }
  return text
}

/** Temporary files and successors that killed processes left; none of them says anything once the lock is owned. */
function sweep(path: string): void {
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(`${basename(path)}.`)) rmSync(join(dirname(path), name), { force: true })
  }
}

function createExclusively(path: string, holder: LockHolder): boolean {
  const whole = writeWhole(path, holder)
  try {
    linkSync(whole, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // What was just written is missing when a new owner has swept.
    if (code === 'EEXIST' || code === 'ENOENT') return false
    return createWithoutLink(path, holder)
  } finally {
    rmSync(whole, { force: true })
  }
}

/** For file systems without links: a kill within the write leaves a broken lock, which has to grow old. */
function createWithoutLink(path: string, holder: LockHolder): boolean {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw unwritable(path, error)
  }
}

function replace(path: string, holder: LockHolder): void {
  renameSync(writeWhole(path, holder), path)
}

/** @returns a file beside `path` that holds all of it, also after a power cut */
function writeWhole(path: string, holder: LockHolder): string {
  const whole = `${path}.${randomUUID()}`
  try {
    writeFileSync(whole, JSON.stringify(holder), { flag: 'wx', flush: true })
  } catch (error) {
    rmSync(whole, { force: true })
    throw unwritable(path, error)
  }
  return whole
}

function unwritable(path: string, cause: unknown): StorageError {
  return new StorageError('failed', `${path} can not be written`, 'Check the permissions of the directory', cause)
}

function ageMs(path: string, clock: Clock): number {
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return modified === undefined ? 0 : clock.now() - modified
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new StorageError('failed', `${path} can not be read`, 'Check the permissions of the directory', error)
  }
}

/** @returns undefined for what was cut off. @throws StorageError `locked` for something whole that is no lock of ours */
function parseHolder(path: string, text: string | undefined): LockHolder | undefined {
  let holder: LockHolder | null
  try {
    holder = JSON.parse(text ?? '')
  } catch {
    return undefined
  }
  if (Number.isInteger(holder?.pid) && typeof holder?.host === 'string') return holder
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
  const stat = readProcessStat(holder.pid)
  if (stat?.hasEnded === true) return false
  const start = stat?.startedAt ?? null
  return start === null || holder.processStart === null || start === holder.processStart
}
