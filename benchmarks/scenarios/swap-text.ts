import { figure, percent, table } from '../report/tables.ts'
import { windowKinds } from '../swap/windows.ts'
import { stepsTable } from './peak.ts'
import type { SwapFigures } from './swap.ts'

/** The result of the scenario `swap` for people. */
export function swapText(name: string, figures: SwapFigures): string {
  const { server, sets, peak, pacedPerSecond, rounds } = figures
  const share = percent(pacedPerSecond / peak.peak.perSecond)
  return [
    `${name}: ${server.items} items; ${sets.present} ↔ ${sets.other}`,
    'Rising numbers of connections, each asking again as soon as it is answered:',
    stepsTable(peak.steps),
    `At ${pacedPerSecond} requests/s (${share} of the peak), medians of ${rounds.length}, feeds from when they were due:`,
    windowsTable(figures),
    refusals(figures),
    boundsTable(figures),
  ].join('\n\n')
}

function windowsTable({ summary }: SwapFigures): string {
  const head = [
    'window',
    'feeds ≥',
    'p50 ms',
    'p99 ms',
    'p99.9 ms',
    'p99 ÷ before',
    'p99 during it',
    'it took s',
    'loop max ms',
    'CPU ms/request',
    'errors',
    'mixed',
    'others',
  ]
  const rows = windowKinds.map(kind => {
    const window = summary[kind]
    const isQuiet = kind === 'before'
    return [
      kind,
      String(window.feedsLeast),
      ...[window.p50, window.p99, window.p999].map(figure),
      ...[window.p99Ratio, window.p99DuringIt, window.doneMs / 1000].map(value => (isQuiet ? '' : figure(value))),
      ...[window.eventLoopDelayMaxMs, window.cpuMsPerRequest].map(figure),
      ...[window.flawed, window.mixed].map(String),
      percent(window.othersShare),
    ]
  })
  return table(head, rows)
}

function refusals({ rounds }: SwapFigures): string {
  const { done } = rounds[0].refused
  if (done === undefined || !('code' in done)) return 'nothing was refused'
  return `refused by the command (${done.code}): ${done.message}\nrefused by the server: ${done.health}`
}

function boundsTable({ bounds }: SwapFigures): string {
  const rows = bounds.map(({ name, value, bound, holds }) => [name, figure(value), bound, holds ? 'held' : 'missed'])
  return table(['', 'measured', 'bound', ''], rows)
}
