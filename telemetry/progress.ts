import type { MonotonicClock } from '../domain/ports.ts'
import { paint, type TextStream, usesColour } from './terminal.ts'

/** Tells a person how far a long operation is. */
export interface Progress {
  /** Starts the next step and ends the one before. `total` counts what `advance` will report, when it is known. */
  step(name: string, total?: number): void
  advance(count?: number): void
  /** Ends the last step. */
  done(): void
}

export const silentProgress: Progress = { step() {}, advance() {}, done() {} }

export interface ProgressOptions {
  readonly stream: TextStream
  readonly clock: MonotonicClock
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** A step that is over sooner than this shows nothing. */
const quietMs = 2_000
const redrawMs = 100
const plainLineMs = 5_000
const barWidth = 24

/**
 * A bar that is redrawn in place on a terminal; elsewhere a plain line every few seconds.
 * It draws from within `advance`, without a timer: a long call between two of these shows nothing new.
 */
export function createProgress(options: ProgressOptions): Progress {
  return new TextProgress(options)
}

class TextProgress implements Progress {
  private readonly stream: TextStream
  private readonly clock: MonotonicClock
  private readonly colour: boolean
  private name = ''
  private total: number | undefined
  private count = 0
  private startedAt = 0
  private nextDrawAt = 0
  private active = false
  private drawn = false

  constructor({ stream, clock, environment = process.env }: ProgressOptions) {
    this.stream = stream
    this.clock = clock
    this.colour = usesColour(stream, environment)
  }

  step(name: string, total?: number): void {
    this.done()
    this.name = name
    this.total = total
    this.count = 0
    this.startedAt = this.clock.ms()
    this.nextDrawAt = this.startedAt + quietMs
    this.active = true
    this.drawn = false
  }

  advance(count = 1): void {
    this.count += count
    const now = this.clock.ms()
    if (!this.active || now < this.nextDrawAt) return
    this.draw(now)
    this.nextDrawAt = now + (this.stream.isTTY === true ? redrawMs : plainLineMs)
  }

  done(): void {
    const { active, drawn } = this
    this.active = false
    if (!active || !drawn) return
    const elapsedMs = this.clock.ms() - this.startedAt
    const amount = this.count > 0 ? ` ${formatCount(this.count)}` : ''
    this.print(`${this.name}:${amount} in ${formatDuration(elapsedMs)}`, true)
  }

  private draw(now: number): void {
    this.drawn = true
    const elapsedMs = now - this.startedAt
    const perSecond = (this.count / elapsedMs) * 1000
    const rate = `${formatCount(perSecond)}/s`
    if (this.total === undefined) {
      this.print(`${this.name}: ${formatCount(this.count)}, ${rate}`, false)
      return
    }
    const share = this.total === 0 ? 1 : Math.min(1, this.count / this.total)
    const leftMs = share === 0 ? Number.POSITIVE_INFINITY : (elapsedMs / share) * (1 - share)
    const amount = `${formatCount(this.count)} of ${formatCount(this.total)}`
    const bar = this.stream.isTTY === true ? `${this.bar(share)} ` : ''
    this.print(
      `${this.name}: ${bar}${Math.floor(share * 100)}% (${amount}), ${rate}, ${formatDuration(leftMs)} left`,
      false,
    )
  }

  private bar(share: number): string {
    const filled = Math.round(share * barWidth)
    return `[${paint('#'.repeat(filled), 'cyan', this.colour)}${'-'.repeat(barWidth - filled)}]`
  }

  /** On a terminal, a line that is not final is overwritten by the next. */
  private print(line: string, final: boolean): void {
    if (this.stream.isTTY !== true) this.stream.write(`${line}\n`)
    else this.stream.write(`\r\x1b[2K${line}${final ? '\n' : ''}`)
  }
}

/** Three significant digits: 950, 1.23k, 45.6M. */
function formatCount(count: number): string {
  for (const [size, suffix] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (count >= size) return `${Number((count / size).toPrecision(3))}${suffix}`
  }
  return String(Number(count.toPrecision(3)))
}

/** 8.3 s, 2 min 05 s, 1 h 02 min. */
function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '?'
  const seconds = ms / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const padded = (value: number) => String(value).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${padded(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${padded(Math.floor((whole % 3600) / 60))} min`
}
