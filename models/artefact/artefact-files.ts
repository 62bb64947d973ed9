/** Arrays and string lists as files: arrays as their raw little-endian elements, strings as length (uint32) and UTF-8 each. */
import { open } from 'node:fs/promises'

/** A file that does not hold whole elements, or strings that run past its end. */
export class ArrayFileInvalid extends Error {
  override readonly name = 'ArrayFileInvalid'
}

/** One read call takes less than 2 GiB. */
const readBytesMax = 1 << 30

/** Reads the file straight into shared memory, which every thread then reads without a copy. */
export async function readSharedFloat32(path: string): Promise<Float32Array<SharedArrayBuffer>> {
  return new Float32Array(await readInto(path, 4, bytes => new SharedArrayBuffer(bytes)))
}

export async function readFloat32(path: string): Promise<Float32Array<ArrayBuffer>> {
  return new Float32Array(await readInto(path, 4, bytes => new ArrayBuffer(bytes)))
}

export async function readUint32(path: string): Promise<Uint32Array<ArrayBuffer>> {
  return new Uint32Array(await readInto(path, 4, bytes => new ArrayBuffer(bytes)))
}

/** The strings as one chunk of a file; `readStrings` gives them back. */
export function encodeStrings(strings: readonly string[]): Uint8Array {
  const encoder = new TextEncoder()
  const worstCase = strings.reduce((sum, text) => sum + 4 + 3 * text.length, 0)
  const bytes = new Uint8Array(worstCase)
  const view = new DataView(bytes.buffer)
  let offset = 0
  for (const text of strings) {
    const { written } = encoder.encodeInto(text, bytes.subarray(offset + 4))
    view.setUint32(offset, written, true)
    offset += 4 + written
  }
  return bytes.subarray(0, offset)
}

export async function readStrings(path: string): Promise<string[]> {
  const buffer = await readInto(path, 1, bytes => new ArrayBuffer(bytes))
  const view = new DataView(buffer)
  const decoder = new TextDecoder()
  const strings: string[] = []
  let offset = 0
  while (offset < buffer.byteLength) {
    const length = offset + 4 <= buffer.byteLength ? view.getUint32(offset, true) : Number.POSITIVE_INFINITY
    offset += 4
    if (offset + length > buffer.byteLength) {
      throw new ArrayFileInvalid(`String ${strings.length} of ${path} runs past the end of the file.`)
    }
    strings.push(decoder.decode(new Uint8Array(buffer, offset, length)))
    offset += length
  }
  return strings
}

async function readInto<Memory extends ArrayBufferLike>(
  path: string,
  elementBytes: number,
  allocate: (bytes: number) => Memory,
): Promise<Memory> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size % elementBytes !== 0) {
      throw new ArrayFileInvalid(`${path} has ${size} bytes, which is not a multiple of ${elementBytes}.`)
    }
    const memory = allocate(size)
    let offset = 0
    while (offset < size) {
      const { bytesRead } = await file.read(new Uint8Array(memory, offset, Math.min(size - offset, readBytesMax)))
      if (bytesRead === 0) throw new ArrayFileInvalid(`${path} ended after ${offset} of ${size} bytes.`)
      offset += bytesRead
    }
    return memory
  } finally {
    await file.close()
  }
}
