import type { MonotonicClock } from '../domain/ports.ts'

/** The machine's timers; a test brings its own. */
export interface Timers {
  set(callback: () => void, ms: number): unknown
  clear(handle: unknown): void
}

export const systemTimers: Timers = {
  set: (callback, ms) => setTimeout(callback, ms),
  clear: handle => clearTimeout(handle as NodeJS.Timeout),
}

/** Handle of one deadline; `callback` is undefined once it has fired or was cancelled. */
export interface Deadline {
  readonly tick: number
  readonly order: number
  callback: (() => void) | undefined
  previous: Deadline | undefined
  next: Deadline | undefined
}

/** One tick is one millisecond. */
const slotCount = 1024

/**
 * Thousands of deadlines on one timer: a hashed timing wheel, where adding and cancelling cost the same however many
 * there are. Source: G. Varghese and T. Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987, scheme 6.
 *
 * 1. A deadline never fires early; it fires late by less than a tick plus what the timer is late.
 * 2. Deadlines fire in order of their tick, those of one tick in order of their making.
 * 3. A cancelled deadline does not fire, also when it is due in the same turn, and keeps no callback alive.
 * 4. A timer is set exactly while a deadline is waiting.
 */
export class Deadlines {
  private readonly slots: (Deadline | undefined)[] = new Array(slotCount).fill(undefined)
  private readonly clock: MonotonicClock
  private readonly timers: Timers
  private readonly originMs: number
  private turnedTo = 0
  private made = 0
  private waiting = 0
  private timer: unknown
  private timerTick = Number.POSITIVE_INFINITY

  constructor(clock: MonotonicClock, timers: Timers) {
    this.clock = clock
    this.timers = timers
    this.originMs = clock.ms()
  }

  get size(): number {
    return this.waiting
  }

  /** Calls back once, after at least `ms` milliseconds. The callback must not throw. */
  after(ms: number, callback: () => void): Deadline {
    const nowMs = this.clock.ms() - this.originMs
    if (this.waiting === 0) this.turnedTo = Math.floor(nowMs)
    const tick = Math.max(this.turnedTo + 1, Math.ceil(nowMs + ms))
    const deadline: Deadline = { tick, order: this.made++, callback, previous: undefined, next: undefined }
    this.link(deadline)
    const wakeTick = Math.min(tick, this.turnedTo + slotCount)
    if (wakeTick < this.timerTick) this.setTimer(wakeTick)
    return deadline
  }

  cancel(deadline: Deadline): void {
    if (deadline.callback === undefined) return
    deadline.callback = undefined
    this.unlink(deadline)
    if (this.waiting === 0) this.clearTimer()
  }

  private turn(): void {
    this.timer = undefined
    this.timerTick = Number.POSITIVE_INFINITY
    const nowTick = Math.floor(this.clock.ms() - this.originMs)
    const due: Deadline[] = []
    const last = Math.min(nowTick, this.turnedTo + slotCount)
    for (let tick = this.turnedTo + 1; tick <= last; tick++) {
      for (let d = this.slots[tick % slotCount]; d !== undefined; d = d.next) if (d.tick <= nowTick) due.push(d)
    }
    this.turnedTo = nowTick
    due.sort((a, b) => a.tick - b.tick || a.order - b.order)
    for (const deadline of due) {
      const { callback } = deadline
      if (callback === undefined) continue
      deadline.callback = undefined
      this.unlink(deadline)
      callback()
    }
    this.setTimerForNext()
  }

  /** A slot may hold only later rounds: then the timer fires in vain, at most once a round per slot. */
  private setTimerForNext(): void {
    if (this.waiting === 0) return
    for (let tick = this.turnedTo + 1; tick <= this.turnedTo + slotCount; tick++) {
      if (this.slots[tick % slotCount] === undefined) continue
      if (tick < this.timerTick) this.setTimer(tick)
      return
    }
  }

  private setTimer(tick: number): void {
    this.clearTimer()
    const ms = Math.max(1, Math.ceil(tick + this.originMs - this.clock.ms()))
    this.timerTick = tick
    this.timer = this.timers.set(() => this.turn(), ms)
  }

  private clearTimer(): void {
    if (this.timer !== undefined) this.timers.clear(this.timer)
    this.timer = undefined
    this.timerTick = Number.POSITIVE_INFINITY
  }

  private link(deadline: Deadline): void {
    const slot = deadline.tick % slotCount
    const first = this.slots[slot]
    deadline.next = first
    if (first !== undefined) first.previous = deadline
    this.slots[slot] = deadline
    this.waiting++
  }

  private unlink(deadline: Deadline): void {
    const { previous, next, tick } = deadline
    if (previous === undefined) this.slots[tick % slotCount] = next
    else previous.next = next
    if (next !== undefined) next.previous = previous
    deadline.previous = undefined
    deadline.next = undefined
    this.waiting--
  }
}
