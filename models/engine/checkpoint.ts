/**
 * A training run on disk. Randomness needs no state of its own: it is a function of seed and step (`random.ts`).
 * Layout: header length (uint32), JSON header {seed, step, arrays: [{name, length}], sha256 of the rest}, the arrays.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { bytesOf, replaceFile } from '../artefact/durable-file.ts'

export interface Checkpoint {
  readonly seed: number
  /** Steps taken so far. */
  readonly step: number
  /** Weights and optimiser moments by name. */
  readonly arrays: Readonly<Record<string, Float32Array>>
}

/** The file is no checkpoint, or is not as it was written. */
export class CheckpointCorrupt extends Error {
  override readonly name = 'CheckpointCorrupt'

  constructor(path: string, reason: string) {
    super(`Checkpoint ${path} cannot be used: ${reason}. Delete it and start the training again.`)
  }
}

interface Header {
  readonly seed: number
  readonly step: number
  readonly arrays: readonly { readonly name: string; readonly length: number }[]
  readonly sha256: string
}

/** Writes the checkpoint in place of an older one at that path; a crash leaves one of the two whole. */
export async function saveCheckpoint(path: string, { seed, step, arrays }: Checkpoint): Promise<void> {
  const chunks = Object.values(arrays).map(bytesOf)
  const header: Header = {
    seed,
    step,
    arrays: Object.entries(arrays).map(([name, { length }]) => ({ name, length })),
    sha256: digest(chunks),
  }
  const headerBytes = new TextEncoder().encode(JSON.stringify(header))
  await replaceFile(path, [bytesOf(Uint32Array.of(headerBytes.length)), headerBytes, ...chunks])
}

/** @throws CheckpointCorrupt when the file is cut short or altered. */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const file = await readFile(path)
  const headerLength = file.length < 4 ? 0 : file.readUInt32LE(0)
  const header = parseHeader(path, file.subarray(4, 4 + headerLength))
  const body = file.subarray(4 + headerLength)
  if (digest([body]) !== header.sha256) throw new CheckpointCorrupt(path, 'its checksum does not fit its content')
  let offset = 0
  const arrays: Record<string, Float32Array> = {}
  for (const { name, length } of header.arrays) {
    const values = new Float32Array(length)
    bytesOf(values).set(body.subarray(offset, offset + values.byteLength))
    offset += values.byteLength
    arrays[name] = values
  }
  return { seed: header.seed, step: header.step, arrays }
}

function parseHeader(path: string, bytes: Uint8Array): Header {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Header
  } catch {
    throw new CheckpointCorrupt(path, 'its header is unreadable')
  }
}

function digest(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}
