import { layoutOf } from '../../storage/data-directory.ts'
import { chooseData } from '../data/choose-data.ts'
import { onWorkingCopy } from '../data/working-copy.ts'
import type { Traffic } from '../load/messages.ts'
import { LoadBench, type Measured } from '../load-bench.ts'
import { figure, percent, table } from '../report/tables.ts'
import type { Scenario, ScenarioOptions } from '../scenario.ts'
import { usersByActivity } from '../traffic/activity.ts'
import { defaultMix } from '../traffic/request-mix.ts'
import { wholeNumber } from './options.ts'

const acks = ['durable', 'applied'] as const
const connections = [1, 4, 16] as const
const eventsPerBatch = 100

interface EventsStep extends Measured {
  readonly ack: (typeof acks)[number]
  readonly eventsPerSecond: number
}

export const events: Scenario = {
  name: 'events',
  summary: `POST /v1/events in batches of ${eventsPerBatch}, acknowledged as durable and as applied`,
  takes: 'about 40 s',
  declare(command) {
    command.option('--seconds <n>', 'length of each of the six measurements', wholeNumber, 5)
  },
  async run(options, progress) {
    const data = await chooseData(options)
    return onWorkingCopy(data.path, async copy => {
      progress.step('Reading who is how active')
      const users = await usersByActivity(layoutOf(copy).journal)
      const bench = new LoadBench(options)
      try {
        progress.step('Starting the server')
        const mix = { ...defaultMix, seed: options.seed }
        const { server } = await bench.open(copy, options.set, mix, users)
        const steps = await measureAll(bench, options, name => progress.step(name))
        progress.done()
        const text = `${data.name}: ${server.items} items, ${users.length} people\n\n${stepsTable(steps)}`
        return { figures: { data, server, eventsPerBatch, steps }, text }
      } finally {
        await bench.close()
      }
    })
  },
}

async function measureAll(bench: LoadBench, options: ScenarioOptions, tell: (step: string) => void) {
  const seconds = options.seconds as number
  const traffic = (ack: (typeof acks)[number]): Traffic => ({ kind: 'event-batches', eventsPerBatch, ack })
  tell('Warming up')
  await bench.measure({ kind: 'closed', connections: 4 }, traffic('applied'), seconds)
  const steps: EventsStep[] = []
  for (const ack of acks) {
    for (const count of connections) {
      tell(`Measuring ${count} connections, ack=${ack}`)
      const measured = await bench.measure({ kind: 'closed', connections: count }, traffic(ack), seconds)
      steps.push({ ack, eventsPerSecond: measured.perSecond * eventsPerBatch, ...measured })
    }
  }
  return steps
}

function stepsTable(steps: readonly EventsStep[]): string {
  return table(
    ['ack', 'connections', 'events/s', 'batch p50 ms', 'p99 ms', 'CPU µs/event', 'loop p99 ms', 'flawed', 'others'],
    steps.map(({ ack, shape, eventsPerSecond, load, cpuMsPerRequest, server, flawedShare, othersShare }) => [
      ack,
      shape.kind === 'closed' ? String(shape.connections) : '',
      figure(eventsPerSecond),
      figure(load.events.latencyMs.p50),
      figure(load.events.latencyMs.p99),
      figure((cpuMsPerRequest / eventsPerBatch) * 1000),
      figure(server.eventLoopDelayMs.p99),
      percent(flawedShare),
      percent(othersShare),
    ]),
  )
}
