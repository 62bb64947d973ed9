/**
 * The file behind a saved index: a JSON header and typed arrays, closed by a CRC-32 over everything before it. Indexes
 * are read by native code that trusts its input, so damage has to be noticed before that code sees it.
 *
 * Layout, little-endian: magic uint32 | header length uint32 | header JSON, padded with spaces to a multiple of 8 |
 * arrays, each padded to a multiple of 8 | crc32 uint32.
 */
import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { VectorIndexError } from './vector-index.ts'

const MAGIC = 0x58444953
const PREFIX_BYTES = 8
const ALIGNMENT = 8

type Column = Uint32Array | Float32Array

export interface IndexFile {
  readonly meta: Readonly<Record<string, string | number>>
  readonly columns: Readonly<Record<string, Column>>
}

interface Header {
  readonly meta: IndexFile['meta']
  readonly columns: readonly { readonly name: string; readonly type: 'u32' | 'f32'; readonly length: number }[]
}

export async function writeIndexFile(path: string, { meta, columns }: IndexFile): Promise<void> {
  const entries = Object.entries(columns)
  const header: Header = {
    meta,
    columns: entries.map(([name, column]) => ({
      name,
      type: column instanceof Uint32Array ? 'u32' : 'f32',
      length: column.length,
    })),
  }
  const json = JSON.stringify(header)
  const text = Buffer.from(json + ' '.repeat(padding(Buffer.byteLength(json))))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32LE(MAGIC, 0)
  prefix.writeUInt32LE(text.length, 4)
  const parts: Uint8Array[] = [prefix, text]
  for (const [, column] of entries) {
    parts.push(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
    parts.push(new Uint8Array(padding(column.byteLength)))
  }
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(parts.reduce((crc, part) => crc32(part, crc), 0))
  const file = await open(path, 'w')
  try {
    for (const part of [...parts, sum]) await file.writeFile(part)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** @throws VectorIndexError `bad-file` when the content is not what was written */
export async function readIndexFile(path: string): Promise<IndexFile> {
  const bytes = await readFile(path)
  const end = bytes.length - 4
  if (end < PREFIX_BYTES || bytes.readUInt32LE(0) !== MAGIC) {
    throw new VectorIndexError('bad-file', `${path} is not an index file`)
  }
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) {
    throw new VectorIndexError('bad-file', `${path} is damaged: its checksum does not match. Rebuild the index`)
  }
  let at = PREFIX_BYTES + bytes.readUInt32LE(4)
  const header = JSON.parse(bytes.toString('utf8', PREFIX_BYTES, at)) as Header
  const columns: Record<string, Column> = {}
  for (const { name, type, length } of header.columns) {
    const byteLength = 4 * length
    const copy = Uint8Array.from(bytes.subarray(at, at + byteLength)).buffer
    columns[name] = type === 'u32' ? new Uint32Array(copy) : new Float32Array(copy)
    at += byteLength + padding(byteLength)
  }
  return { meta: header.meta, columns }
}

/** CRC-32 of a whole file, read in pieces. */
export async function fileChecksum(path: string): Promise<number> {
  let crc = 0
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) crc = crc32(piece as Buffer, crc)
  return crc
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT
}
