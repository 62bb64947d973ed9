import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Another process that runs a script of the tests: it takes lines and answers with lines. */
export class ScriptProcess {
  readonly lines: string[] = []
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #waiting: (() => void)[] = []
  #taken = 0
  #errors = ''
  #ended = false

  constructor(script: URL, args: readonly string[], shellPrefix = '') {
    const node = [process.execPath, fileURLToPath(script), ...args]
    this.#process =
      shellPrefix === ''
        ? spawn(node[0]!, node.slice(1))
        : spawn('sh', ['-c', `${shellPrefix}; exec "$0" "$@"`, ...node])
    this.#exited = once(this.#process, 'exit')
    this.#process.stderr!.on('data', chunk => {
      this.#errors += chunk
    })
    const output = createInterface(this.#process.stdout!)
    output.on('line', line => {
      this.lines.push(line)
      this.#wake()
    })
    output.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  get pid(): number {
    return this.#process.pid!
  }

  /** The next line it has written. @throws when it ends without one */
  async line(): Promise<string> {
    while (this.#taken === this.lines.length) {
      if (this.#ended) throw new Error(`the child process ended without an answer:\n${this.#errors}`)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
    return this.lines[this.#taken++]!
  }

  async ask(line: string): Promise<string> {
    this.#process.stdin!.write(`${line}\n`)
    return this.line()
  }

  /** Ends it at once, whatever it is doing, and waits until everything it wrote has been read. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.ended()
  }

  async ended(): Promise<void> {
    await this.#exited
    while (!this.#ended) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
