import type { Measured } from '../load-bench.ts'
import { figure, percent, table } from '../report/tables.ts'
import { threadGroups } from '../server/thread-cpu.ts'
import type { FeedFigures } from './feed.ts'
import { stepsTable } from './peak.ts'

/** The result of the scenario `feed` for people. */
export function feedText(name: string, result: FeedFigures): string {
  const { paced, peak } = result
  const { perSecond } = paced
  const title = `At ${figure(perSecond)} requests/s (${percent(perSecond / peak.perSecond)} of the peak)`
  return [
    setup(name, result),
    'Rising numbers of connections, each asking again as soon as it is answered:',
    stepsTable(result.steps),
    `${title}, paced:`,
    latencies(paced),
    'What a request costs the server there:',
    costs(paced),
    remarks(paced),
  ].join('\n\n')
}

function setup(name: string, { server, users, mix, funnel }: FeedFigures): string {
  const model = server.modelSet === null ? 'no model set: candidates keep their merged order' : server.modelSet
  return [
    `${name}: ${server.items} items, ${users} people with history; ${model}`,
    `${server.indexThreads} index threads, ${server.rankThreads} rank threads; settings ${server.settingsHash}`,
    `sources ${server.sources.join(', ')}; ${figure(funnel.ranked)} candidates ranked per feed`,
    `people by Zipf ${mix.userSkew}, ${percent(mix.coldShare)} of them unknown; ${percent(mix.eventShare)} of the requests are events`,
    `opened in ${figure(server.openMs)} ms, ready ${figure(server.readyMs)} ms later`,
  ].join('\n')
}

function latencies({ load }: Measured): string {
  return table(
    ['', 'count', 'p50 ms', 'p90 ms', 'p99 ms', 'p99.9 ms', 'max ms'],
    (['feeds', 'events'] as const).map(kind => {
      const { count, latencyMs } = load[kind]
      const { p50, p90, p99, p999, max } = latencyMs
      return [kind, String(count), ...[p50, p90, p99, p999, max].map(figure)]
    }),
  )
}

function costs({ server, load, cpuMsPerRequest }: Measured): string {
  const requests = load.feeds.count + load.events.count
  const rows = [['processor, whole process', figure(cpuMsPerRequest)]]
  const threads = server.threadCpuMs
  if (threads !== null) {
    for (const group of threadGroups) rows.push([`  ${group} threads`, figure(threads[group] / requests)])
  }
  for (const [stage, { count, totalMs }] of Object.entries(server.stages)) {
    rows.push([`stage ${stage}, time passed per feed`, figure(totalMs / count)])
  }
  return table(['', 'ms'], rows)
}

function remarks({ server, load, flawedShare, othersShare }: Measured): string {
  const { p50, p99, max } = server.eventLoopDelayMs
  const delay = `p50 ${figure(p50)} ms, p99 ${figure(p99)} ms, longest ${figure(max)} ms`
  return [
    `event loop delay of the server: ${delay}; of the load: p99 ${figure(load.generatorDelayP99Ms)} ms`,
    `flawed answers (refused, partial, degraded, empty or none): ${percent(flawedShare)}`,
    `resident memory of the server: ${figure(server.residentBytes / 1e6)} MB`,
    `other processes used ${percent(othersShare)} of the machine meanwhile`,
  ].join('\n')
}
