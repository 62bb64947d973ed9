import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import type { RequestStream } from '../traffic/request-mix.ts'
import type { LoadRecorder } from './recorder.ts'

/** Longer than any measurement; the load ends when it is told to. */
const durationMaxSeconds = 600
const timeoutSeconds = 10
/** A connection sends its requests again from the first once it has sent so many. */
const requestsAhead = 20_000
const connectMs = 500

export interface Load {
  stop(): void | Promise<void>
}

/** So many connections, each of which asks again as soon as it is answered. Resolves when the load is up. */
export async function startClosedLoad(
  url: string,
  connections: number,
  requests: RequestStream,
  recorder: LoadRecorder,
): Promise<Load> {
  let status = 0
  let latencyMs = 0
  const ended = Promise.withResolvers<void>()
  const headers = { 'content-type': 'application/json' }
  const requestsOfOne = () => requests.take(Math.ceil(requestsAhead / connections))
  const gun = autocannon(
    {
      url,
      connections,
      method: 'POST',
      duration: durationMaxSeconds,
      timeout: timeoutSeconds,
      sampleInt: 100,
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
  await sleep(connectMs)
  return {
    stop() {
      gun.stop()
      return ended.promise
    },
  }
}
