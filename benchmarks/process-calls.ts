/**
 * Questions from a benchmark to a process it started, and the answers.
 *
 * 1. Every question is answered exactly once: by the process, or with its end.
 * 2. The process ends with the one that started it.
 */
import { type ChildProcess, fork } from 'node:child_process'

/** What one kind of process can be asked, by name. */
export type Calls = Readonly<Record<string, { readonly ask: unknown; readonly answer: unknown }>>

interface Question {
  readonly call: number
  readonly name: string
  readonly ask: unknown
}

type Answer =
  | { readonly call: number; readonly ok: true; readonly answer: unknown }
  | { readonly call: number; readonly ok: false; readonly reason: string; readonly stack?: string }

interface Waiting {
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** A process of this machine that runs `entry`, which calls `serveCalls`. */
export class CalledProcess<C extends Calls> {
  private readonly child: ChildProcess
  private readonly waiting = new Map<number, Waiting>()
  private readonly exited: Promise<void>
  private nextCall = 1
  private ended: string | null = null

  /** @param nodeOptions what the node of that process is started with, for instance `--cpu-prof` */
  constructor(entry: URL, nodeOptions: readonly string[] = []) {
    this.child = fork(entry, [], { serialization: 'advanced', execArgv: [...nodeOptions] })
    this.child.on('message', message => this.settle(message as Answer))
    this.exited = new Promise(resolve => {
      this.child.on('exit', (code, signal) => {
        this.end(`the process ended with ${signal ?? `code ${code}`}`)
        resolve()
      })
    })
    this.child.on('error', error => this.end(String(error)))
  }

  /** @throws Error with what the process said, or how it ended */
  call<K extends keyof C & string>(name: K, ask: C[K]['ask']): Promise<C[K]['answer']> {
    if (this.ended !== null) return Promise.reject(new Error(this.ended))
    return new Promise((resolve, reject) => {
      const call = this.nextCall++
      this.waiting.set(call, { resolve, reject })
      this.child.send({ call, name, ask } satisfies Question)
    })
  }

  /** Lets the process end by itself; what it was asked before is answered first. */
  async close(): Promise<void> {
    if (this.child.connected) this.child.disconnect()
    await this.exited
  }

  private settle(answer: Answer): void {
    const waiting = this.waiting.get(answer.call)
    this.waiting.delete(answer.call)
    if (answer.ok) waiting?.resolve(answer.answer)
    else waiting?.reject(new Error(answer.reason, { cause: answer.stack }))
  }

  private end(reason: string): void {
    this.ended ??= reason
    const waiting = [...this.waiting.values()]
    this.waiting.clear()
    for (const { reject } of waiting) reject(new Error(this.ended))
  }
}

/** Answers the questions of the process that started this one; `close` runs once that one has gone or hung up. */
export function serveCalls<C extends Calls>(
  answers: { readonly [K in keyof C]: (ask: C[K]['ask']) => C[K]['answer'] | Promise<C[K]['answer']> },
  close: () => void | Promise<void>,
): void {
  const say = (answer: Answer) => process.send?.(answer)
  process.on('message', async ({ call, name, ask }: Question) => {
    try {
      say({ call, ok: true, answer: await answers[name](ask) })
    } catch (error) {
      const { message, stack } = error as Error
      say({ call, ok: false, reason: message, stack })
    }
  })
  process.on('disconnect', () => void close())
}
