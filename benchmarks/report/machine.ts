import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  readonly system: string
  readonly node: string
  /** Versions of the parts that are not JavaScript. */
  readonly native: Readonly<Record<string, string>>
  /** Over the last minute, at the start. */
  readonly loadAverage: number
}

const nativeParts = ['hnswlib-node', 'onnxruntime-node', 'lmdb']

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    native: Object.fromEntries(nativeParts.map(part => [part, versionOf(part)])),
    loadAverage: loadavg()[0],
  }
}

function versionOf(part: string): string {
  const manifest = new URL(`../../node_modules/${part}/package.json`, import.meta.url)
  return JSON.parse(readFileSync(manifest, 'utf8')).version
}

/** Milliseconds of all cores since the machine started. */
export interface CoreTimes {
  readonly busyMs: number
  readonly totalMs: number
}

export function readCoreTimes(): CoreTimes {
  let idle = 0
  let total = 0
  for (const { times } of cpus()) {
    idle += times.idle
    total += times.user + times.nice + times.sys + times.idle + times.irq
  }
  return { busyMs: total - idle, totalMs: total }
}

/** Which share of the machine went to others than the benchmark between two readings, in [0, 1]. */
export function shareOfOthers(before: CoreTimes, after: CoreTimes, ownMs: number): number {
  const total = after.totalMs - before.totalMs
  return total <= 0 ? 0 : Math.max(0, (after.busyMs - before.busyMs - ownMs) / total)
}
