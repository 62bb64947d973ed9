import { readFileSync } from 'node:fs'

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
    if (statOf(npm.pid)?.startedAt === npm.startedAt) return
    clearInterval(look)
    onEnd()
  }, lookIntervalMs)
  look.unref()
}

function npmAncestor(): Ancestor | null {
  if (process.env.npm_command === undefined) return null
  let pid = process.ppid
  for (let generation = 0; generation < generationsMax && pid > 1; generation++) {
    const stat = statOf(pid)
    if (stat === null) return null
    if (/^(npm|npx)\b/.test(stat.name)) return { pid, startedAt: stat.startedAt }
    pid = stat.parent
  }
  return null
}

/** Name, parent (4th field) and start (22nd) of a process; null for one that is gone or only waits to be fetched. */
function statOf(pid: number): { readonly name: string; readonly parent: number; readonly startedAt: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if ('ZX'.includes(fields[0])) return null
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    return { name, parent: Number(fields[1]), startedAt: fields[19] }
  } catch {
    return null
  }
}
