import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Makes names in a directory durable: a synced file can still be lost with its name. (Windows has and needs no such call.) */
export function syncDirectory(path: string): void {
  if (process.platform === 'win32') return
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
