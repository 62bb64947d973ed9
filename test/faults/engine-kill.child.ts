import { writeSync } from 'node:fs'
import { openEngine } from '../../actors/open-engine.ts'
import { systemMonotonicClock } from '../../domain/ports.ts'
import { createLogger } from '../../telemetry/log.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { sampleEvent, sampleItems, testSettings } from '../fakes/samples.ts'

/**
 * Runs the engine and journals durable events without end, several calls at a time, while it serves feeds and takes
 * snapshots. Writes `ready`, and then `eventId user item` for every event once it has been acknowledged.
 */
const [dataDir, round] = process.argv.slice(2) as [string, string]
const engine = await openEngine({
  dataDir,
  settings: testSettings({ 'ranking.threads': 1, 'users.residentsPerShardMax': 2, 'counters.epochIntervalMs': 20 }),
  log: createLogger({ name: 'child', level: 'fatal' }),
  metrics: createMetrics({ clock: systemMonotonicClock, latencyWindowMs: 60_000 }),
  faults: false,
  onFailure: error => {
    throw error
  },
})
await engine.putItems(sampleItems(1000))
writeSync(1, 'ready\n')

async function write(writer: number): Promise<void> {
  for (let call = 0; ; call++) {
    const events = Array.from({ length: 1 + (call % 7) }, (_, i) => {
      const user = `u${writer}-${call % 3}`
      const item = `i${(call * 13 + i * 7 + writer) % 1000}`
      return sampleEvent(user, item, { eventId: `${round}/${writer}/${call}/${i}` })
    })
    const results = await engine.appendEvents(events, call % 2 === 0 ? 'durable' : 'applied')
    const acknowledged = events.filter((_, i) => results[i].status === 'durable' || results[i].status === 'applied')
    if (acknowledged.length === 0) continue
    writeSync(1, acknowledged.map(({ eventId, user, item }) => `${eventId} ${user} ${item}\n`).join(''))
  }
}

async function serve(): Promise<void> {
  for (let n = 0; ; n++) {
    const context = {}
    const request = { requestId: `${round}/feed/${n}`, userId: `u0-${n % 3}`, n: 10, context }
    await engine.recommend({ ...request, exclude: [], categories: [], explain: false }).catch(() => {})
    if (n % 5 === 4) await engine.snapshot().catch(() => {})
  }
}

await Promise.all([write(0), write(1), write(2), serve()])
