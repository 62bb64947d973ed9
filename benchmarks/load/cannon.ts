import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import type { PreparedRequest, RequestMix } from '../traffic/request-mix.ts'
import type { LoadShape } from './messages.ts'
import type { LoadRecorder } from './recorder.ts'

/** Longer than any measurement; the load ends when it is told to. */
const durationMaxSeconds = 600
const timeoutSeconds = 10
/** A connection sends its requests again from the first once it has sent so many. */
const requestsAhead = 20_000
const requestsPerPacedConnection = 60

export interface Load {
  stop(): Promise<void>
}

/** Resolves when the load is up. */
export function startLoad(url: string, shape: LoadShape, mix: RequestMix, recorder: LoadRecorder): Promise<Load> {
  return shape.kind === 'closed'
    ? startClosed(url, shape.connections, mix, recorder)
    : startPaced(url, shape.perSecond, mix, recorder)
}

async function startClosed(url: string, connections: number, mix: RequestMix, recorder: LoadRecorder): Promise<Load> {
  const requestsEach = Math.ceil(requestsAhead / connections)
  const gun = fire({ url, connections }, () => mix.take(requestsEach), recorder)
  await sleep(500)
  return gun
}

/**
 * Autocannon limits a rate by letting every connection send its share at the start of each second, as fast as it can:
 * bursts at full load, then silence. So there is a connection per request per second here, and the connections start
 * in groups, spread over a second. Each group then sends once per second, at its own time.
 */
async function startPaced(url: string, perSecond: number, mix: RequestMix, recorder: LoadRecorder): Promise<Load> {
  const groups = Math.min(perSecond, 200)
  const guns: Load[] = []
  const startedAt = performance.now()
  for (let group = 0; group < groups; group++) {
    const connections = Math.floor(((group + 1) * perSecond) / groups) - Math.floor((group * perSecond) / groups)
    guns.push(fire({ url, connections, connectionRate: 1 }, () => mix.take(requestsPerPacedConnection), recorder))
    await sleep(Math.max(0, startedAt + ((group + 1) * 1000) / groups - performance.now()))
  }
  return {
    async stop() {
      await Promise.all(guns.map(gun => gun.stop()))
    },
  }
}

function fire(
  options: Pick<autocannon.Options, 'url' | 'connections' | 'connectionRate'>,
  requestsOfOne: () => readonly PreparedRequest[],
  recorder: LoadRecorder,
): Load {
  let status = 0
  let latencyMs = 0
  const headers = { 'content-type': 'application/json' }
  const ended = Promise.withResolvers<void>()
  const gun = autocannon(
    {
      ...options,
      method: 'POST',
      duration: durationMaxSeconds,
      timeout: timeoutSeconds,
      sampleInt: 100,
      ignoreCoordinatedOmission: true,
      setupClient: client =>
        client.setRequests(requestsOfOne().map(({ path, body }) => ({ method: 'POST', path, body, headers }))),
      // Called right after the event 'response' of the same answer, which has everything but the body.
      verifyBody(body) {
        recorder.answered(status, latencyMs, body as string)
        return true
      },
    },
    error => (error ? ended.reject(error) : ended.resolve()),
  )
  gun.on('response', (_client, statusCode, _bytes, responseTime) => {
    status = statusCode
    latencyMs = responseTime
  })
  gun.on('reqError', () => recorder.failed())
  return {
    stop() {
      gun.stop()
      return ended.promise
    },
  }
}
