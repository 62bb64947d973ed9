import { readProcessStat } from '../storage/process-stat.ts'

/** Between npm and this process stand a shell and, with an older Node, the one that started the newer. */
const generationsMax = 5
const lookIntervalMs = 1000

interface Ancestor {
  readonly pid: number
  /** Clock ticks since boot: with the pid, nobody else's. */
  readonly startedAt: string
}

/**
 * Calls back once the npm that runs this command has ended. `npx sluice serve` does not pass SIGTERM on, and a server that
 * outlives it would keep the data directory and the port. Without /proc it cannot be told, and nothing happens.
 */
export function whenNpmEnds(onEnd: () => void): void {
  const npm = npmAncestor()
  if (npm === null) return
  const look = setInterval(() => {
    const stat = readProcessStat(npm.pid)
    if (stat?.startedAt === npm.startedAt && !stat.hasEnded) return
    clearInterval(look)
    onEnd()
  }, lookIntervalMs)
  look.unref()
}

function npmAncestor(): Ancestor | null {
  if (process.env.npm_command === undefined) return null
  let pid = process.ppid
  for (let generation = 0; generation < generationsMax && pid > 1; generation++) {
    const stat = readProcessStat(pid)
    if (stat === null) return null
    if (/^(npm|npx)\b/.test(stat.name)) return { pid, startedAt: stat.startedAt }
    pid = stat.parent
  }
  return null
}
