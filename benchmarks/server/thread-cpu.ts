import { readdirSync, readFileSync } from 'node:fs'

/** What a thread works for. Names are those the threads are started with; see `groupOf`. */
export const threadGroups = ['main', 'index', 'rank', 'collector', 'other'] as const
export type ThreadGroup = (typeof threadGroups)[number]

/** Milliseconds of processor time by group. */
export type ThreadCpu = Readonly<Record<ThreadGroup, number>>

/**
 * Processor time of the threads of this process that still live, or null where the system does not tell (it takes the
 * `/proc` of Linux). Processor time of ended threads is only in `process.cpuUsage()`.
 */
export function readThreadCpu(): ThreadCpu | null {
  const totals = { main: 0, index: 0, rank: 0, collector: 0, other: 0 }
  try {
    for (const task of readdirSync('/proc/self/task')) {
      const name = readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim()
      // The first number of schedstat is the time on a processor in nanoseconds.
      const nanoseconds = Number(readFileSync(`/proc/self/task/${task}/schedstat`, 'utf8').split(' ')[0])
      totals[groupOf(name)] += nanoseconds / 1e6
    }
  } catch {
    return null
  }
  return totals
}

export function groupOf(threadName: string): ThreadGroup {
  if (threadName === 'MainThread' || threadName === 'node') return 'main'
  if (threadName.startsWith('index-')) return 'index'
  // Piscina names its threads by default.
  if (/^(rank|WorkerThread|piscina)/i.test(threadName)) return 'rank'
  return threadName.startsWith('V8Worker') ? 'collector' : 'other'
}
