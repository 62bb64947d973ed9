/** Files that are either whole or absent after a crash. */
import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes the chunks to a new file and returns when they are on the disk. */
export async function writeSynced(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  await withFile(path, 'w', async file => {
    for (const chunk of chunks) await file.writeFile(chunk)
    await file.sync()
  })
}

/** Replaces the file in one step: readers see the old content or the new, never a part. */
export async function replaceFile(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.tmp`
  await writeSynced(temporary, chunks)
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

/** Makes renames and new names in a directory survive a power loss. */
export async function syncDirectory(path: string): Promise<void> {
  await withFile(path, 'r', directory => directory.sync())
}

/** Makes the content of a file that another call has written survive a power loss. */
export async function syncFile(path: string): Promise<void> {
  await withFile(path, 'r+', file => file.sync())
}

/** The array's bytes, without a copy. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags)
  try {
    await use(file)
  } finally {
    await file.close()
  }
}
