import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createRandom } from '../../../algorithms/statistics/random.ts'
import { Connection, postBytes } from '../../../benchmarks/load/connection.ts'
import { PacedLoad } from '../../../benchmarks/load/paced.ts'
import { LoadRecorder } from '../../../benchmarks/load/recorder.ts'

let server: Server

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** Answers every POST with what `answer` makes of its body. */
async function listen(answer: (body: string) => { status: number; body: string } | null): Promise<number> {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answered = answer(Buffer.concat(chunks).toString())
    if (answered === null) return request.socket.destroy()
    const headers = { 'content-length': Buffer.byteLength(answered.body) }
    response.writeHead(answered.status, headers)
    // In two pieces, cut inside a character of several bytes.
    const bytes = Buffer.from(answered.body)
    response.write(bytes.subarray(0, 3))
    setTimeout(() => response.end(bytes.subarray(3)), 2)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

describe('a connection of the load', () => {
  it('sends one request after another and puts answers together that come in pieces', async () => {
    const port = await listen(body => ({ status: body === 'x' ? 503 : 200, body: `äö ${body}` }))
    const connection = new Connection(port, '127.0.0.1', () => {})
    const ask = (body: string) =>
      new Promise(resolve => connection.send(postBytes('h', '/p', body), (status, text) => resolve([status, text])))
    expect(await ask('one')).toEqual([200, 'äö one'])
    expect(await ask('x')).toEqual([503, 'äö x'])
    connection.destroy()
  })

  it('says that it ended with a request under way', async () => {
    const port = await listen(() => null)
    const wasBusy = await new Promise(resolve => {
      const connection = new Connection(port, '127.0.0.1', resolve)
      connection.send(postBytes('h', '/p', 'one'), () => {})
    })
    expect(wasBusy).toBe(true)
  })
})

describe('a paced load', () => {
  it('sends what is due, and counts every answer', async () => {
    let asked = 0
    const port = await listen(() => {
      asked++
      return { status: 200, body: '{"requestId":"r"}' }
    })
    const recorder = new LoadRecorder()
    recorder.begin()
    const requests = { take: (count: number) => Array.from({ length: count }, () => ({ path: '/p', body: '{}' })) }
    const load = new PacedLoad(`http://127.0.0.1:${port}`, 500, requests, createRandom(1), recorder)
    await expect.poll(() => asked, { timeout: 10_000 }).toBeGreaterThan(50)
    load.stop()
    const { feeds, unanswered } = recorder.end()
    expect(feeds.count).toBeGreaterThan(20)
    expect(feeds.count).toBeLessThanOrEqual(asked)
    expect(unanswered).toBe(0)
  })
})
