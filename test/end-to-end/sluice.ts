import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const entry = join(import.meta.dirname, '..', '..', 'cli', 'sluice.mjs')

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface RunningCommand {
  readonly process: ChildProcess
  /** Resolves with the output so far once it matches; rejects when the command ends without. */
  until(pattern: RegExp): Promise<string>
  readonly outcome: Promise<Outcome>
}

/** Starts the command as a user would; nothing of this process's own settings reaches it. */
export function start(
  cwd: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): RunningCommand {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SLUICE_'))
  const child = spawn(process.execPath, [entry, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    err += text
  })
  const outcome = new Promise<Outcome>(resolve => child.on('close', code => resolve({ code, out, err })))
  return {
    process: child,
    outcome,
    until: pattern =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (pattern.test(out)) resolve(out)
        }
        child.stdout.on('data', look)
        child.on('close', code => reject(new Error(`it ended with ${code} before ${pattern}: ${out}\n${err}`)))
        look()
      }),
  }
}

export function run(
  cwd: string,
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<Outcome> {
  return start(cwd, args, environment).outcome
}
