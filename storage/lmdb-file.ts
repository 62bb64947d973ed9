import { accessSync, closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf, StorageError } from './errors.ts'

/**
 * Looks at an lmdb file before lmdb does, because two things end the process instead of throwing: the binding uses freed
 * memory when lmdb refuses to open a file, and a read past the end of the memory map is a bus error.
 *
 * The layout (lmdb's data format 2): pages 0 and 1 hold one header each, and the one with the larger transaction counts.
 */

const pageHeaderBytes = 24
const headerBytes = pageHeaderBytes + 136
const magic = 0xbeefc0de
const dataFormat = 2
const offsets = { magic: 0, version: 4, pageSize: 24, lastPage: 120, transaction: 128 } as const

/** @throws StorageError `failed` when this process may not open it, `corrupt` when lmdb would refuse it or read past it */
export function checkLmdbFile(path: string, readOnly: boolean): void {
  checkAccess(path, readOnly)
  if (!existsSync(path)) return
  const file = openSync(path, 'r')
  try {
    const first = readHeader(file, 0)
    // A crash at the very beginning leaves an empty file, which lmdb begins anew.
    if (first === undefined && fstatSync(file).size === 0 && !readOnly) return
    const second = first && readHeader(file, first.pageSize)
    if (first === undefined || second === undefined) throw corrupt(path, 'it is no lmdb file of this format')
    const newest = first.transaction > second.transaction ? first : second
    const expected = (newest.lastPage + 1) * newest.pageSize
    // The size is asked for after the header is read: a writer in another process extends the file first.
    const actual = fstatSync(file).size
    if (actual < expected) throw corrupt(path, `it has ${actual} bytes of at least ${expected}`)
  } finally {
    closeSync(file)
  }
}

interface Header {
  readonly pageSize: number
  readonly lastPage: number
  readonly transaction: number
}

function readHeader(file: number, position: number): Header | undefined {
  const bytes = new Uint8Array(headerBytes)
  if (readSync(file, bytes, 0, headerBytes, position) < headerBytes) return undefined
  const view = new DataView(bytes.buffer, pageHeaderBytes)
  if (view.getUint32(offsets.magic, true) !== magic) return undefined
  if ((view.getUint32(offsets.version, true) & 0xffff) !== dataFormat) return undefined
  return {
    pageSize: view.getUint32(offsets.pageSize, true),
    lastPage: Number(view.getBigUint64(offsets.lastPage, true)),
    transaction: Number(view.getBigUint64(offsets.transaction, true)),
  }
}

function checkAccess(path: string, readOnly: boolean): void {
  const lock = `${path}-lock`
  try {
    if (readOnly || existsSync(path)) accessSync(path, readOnly ? constants.R_OK : constants.R_OK | constants.W_OK)
    else accessSync(dirname(path), constants.W_OK)
    accessSync(existsSync(lock) ? lock : dirname(path), constants.W_OK)
  } catch (error) {
    const problem = `${path} can not be opened: ${messageOf(error)}`
    throw new StorageError('failed', problem, 'Check the path and its permissions', error)
  }
}

function corrupt(path: string, reason: string, cause?: unknown): StorageError {
  return new StorageError('corrupt', `${path} can not be opened: ${reason}`, 'Restore the file from a backup', cause)
}
