/**
 * Requests that arrive at random times, as from many people who do not know of each other: a Poisson process.
 *
 * 1. When a request is due does not depend on when others were answered.
 * 2. Its latency counts from when it was due, so time spent waiting for a free connection is in it.
 */
import type { RandomSource } from '../../algorithms/statistics/random.ts'
import type { RequestStream } from '../traffic/request-mix.ts'
import { Connection, postBytes } from './connection.ts'
import type { LoadRecorder } from './recorder.ts'

const connectionsMax = 256
/** What is due is sent at ticks of this length; latencies still count from the exact time. */
const tickMs = 1
const dueInAdvance = 2_000

interface Due {
  readonly at: number
  readonly bytes: Buffer
}

export class PacedLoad {
  private readonly url: URL
  private readonly perSecond: number
  private readonly requests: RequestStream
  private readonly random: RandomSource
  private readonly recorder: LoadRecorder
  private readonly connections = new Set<Connection>()
  private readonly free: Connection[] = []
  private readonly overdue: Due[] = []
  private readonly timer: NodeJS.Timeout
  private prepared: Buffer[] = []
  private nextAt: number
  private isStopping = false

  constructor(url: string, perSecond: number, requests: RequestStream, random: RandomSource, recorder: LoadRecorder) {
    this.url = new URL(url)
    this.perSecond = perSecond
    this.requests = requests
    this.random = random
    this.recorder = recorder
    for (let i = 0; i < connectionsMax; i++) this.open()
    this.nextAt = performance.now() + this.gapMs()
    this.timer = setInterval(() => this.tick(), tickMs)
  }

  stop(): void {
    this.isStopping = true
    clearInterval(this.timer)
    for (const connection of this.connections) connection.destroy()
  }

  private tick(): void {
    for (const now = performance.now(); this.nextAt <= now; this.nextAt += this.gapMs()) {
      const due = { at: this.nextAt, bytes: this.nextBytes() }
      const connection = this.free.pop()
      if (connection === undefined) this.overdue.push(due)
      else this.send(connection, due)
    }
  }

  private send(connection: Connection, due: Due): void {
    const sentAt = performance.now()
    connection.send(due.bytes, (status, body) => {
      this.recorder.answered(status, performance.now() - due.at, body, sentAt)
      const next = this.overdue.shift()
      if (next === undefined) this.free.push(connection)
      else this.send(connection, next)
    })
  }

  private open(): void {
    const connection = new Connection(Number(this.url.port), this.url.hostname, wasBusy => {
      this.connections.delete(connection)
      if (this.isStopping) return
      const at = this.free.indexOf(connection)
      if (at >= 0) this.free.splice(at, 1)
      if (wasBusy) this.recorder.failed()
      this.open()
    })
    this.connections.add(connection)
    this.free.push(connection)
  }

  /** Exponentially distributed. */
  private gapMs(): number {
    return (-Math.log(1 - this.random.next()) / this.perSecond) * 1000
  }

  private nextBytes(): Buffer {
    if (this.prepared.length === 0) {
      this.prepared = this.requests.take(dueInAdvance).map(({ path, body }) => postBytes(this.url.host, path, body))
    }
    return this.prepared.pop()!
  }
}
