import type { Progress } from '../../telemetry/progress.ts'
import { isPastPeak, peakOf } from '../load/ladder.ts'
import type { Traffic } from '../load/messages.ts'
import type { LoadBench, Measured } from '../load-bench.ts'
import { figure, percent, table } from '../report/tables.ts'

export interface ClosedStep extends Measured {
  readonly connections: number
}

export interface Peak {
  readonly steps: readonly ClosedStep[]
  readonly peak: ClosedStep
}

export const feedsAndEvents: Traffic = { kind: 'mix' }
const warmUpConnections = 16

/**
 * Warms up, then tries more and more connections until more of them bring nothing.
 * @param seconds of each measurement
 * @throws Error when no number of connections was answered soundly
 */
export async function findPeak(
  bench: LoadBench,
  ladder: readonly number[],
  seconds: number,
  progress: Progress,
): Promise<Peak> {
  progress.step('Warming up')
  await bench.measure({ kind: 'closed', connections: warmUpConnections }, feedsAndEvents, seconds)
  const steps: ClosedStep[] = []
  for (const connections of ladder) {
    progress.step(`Looking for the peak: ${connections} connections`)
    steps.push({ connections, ...(await bench.measure({ kind: 'closed', connections }, feedsAndEvents, seconds)) })
    if (isPastPeak(steps)) break
  }
  const peak = peakOf(steps)
  if (peak === undefined) throw new Error(`no number of connections was answered soundly:\n${stepsTable(steps)}`)
  return { steps, peak }
}

export function stepsTable(measured: readonly ClosedStep[]): string {
  return table(
    ['connections', 'requests/s', 'feed p50 ms', 'p99 ms', 'server CPU ms/request', 'flawed', 'others'],
    measured.map(({ connections, perSecond, load, cpuMsPerRequest, flawedShare, othersShare }) => [
      String(connections),
      figure(perSecond),
      figure(load.feeds.latencyMs.p50),
      figure(load.feeds.latencyMs.p99),
      figure(cpuMsPerRequest),
      percent(flawedShare),
      percent(othersShare),
    ]),
  )
}
