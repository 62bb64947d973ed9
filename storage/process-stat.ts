import { readFileSync } from 'node:fs'

export interface ProcessStat {
  readonly name: string
  /** Its number is taken and nothing else: it waits for its parent, which may never look. */
  readonly hasEnded: boolean
  readonly parent: number
  /** Clock ticks since boot: with the number, nobody else's. */
  readonly startedAt: string
}

/** Of a process of this machine, by proc(5); null for one that is gone, and where there is no /proc. */
export function readProcessStat(pid: number): ProcessStat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold anything; the fields are counted after its last parenthesis, from the third.
    const end = stat.lastIndexOf(')')
    const fields = stat.slice(end + 2).split(' ')
    return {
      name: stat.slice(stat.indexOf('(') + 1, end),
      hasEnded: 'ZXx'.includes(fields[0]),
      parent: Number(fields[1]),
      startedAt: fields[19],
    }
  } catch {
    return null
  }
}
