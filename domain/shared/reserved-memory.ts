/**
 * Shared memory that grows in place, readable from any thread.
 *
 * 1. Addresses for the maximum are reserved at once; memory is used when first touched, and starts as zeros.
 * 2. Every view has a fixed length and ends where memory was committed when it was made. (Views that track a growing
 *    buffer read 10–30 times slower; fixed ones over a growable buffer cost nothing extra.)
 * 3. The writer commits whole chunks, and commits before it publishes anything inside. A thread that meets an entry
 *    beyond its view makes a longer view, so whatever it is able to see, it can read: growth needs no message.
 */

export const entriesPerChunk = 65_536

export function reserveMemory(entriesMax: number, entryBytes: number): SharedArrayBuffer {
  const chunks = Math.ceil(entriesMax / entriesPerChunk)
  return new SharedArrayBuffer(0, { maxByteLength: chunks * entriesPerChunk * entryBytes })
}

/** Makes entries 0 … `entry` usable; a RangeError beyond what was reserved. Writer only. */
export function commitEntry(buffer: SharedArrayBuffer, entry: number, entryBytes: number): void {
  const chunks = Math.floor(entry / entriesPerChunk) + 1
  const bytes = chunks * entriesPerChunk * entryBytes
  if (buffer.byteLength < bytes) buffer.grow(bytes)
}

export function committedEntries(buffer: SharedArrayBuffer, entryBytes: number): number {
  return buffer.byteLength / entryBytes
}
