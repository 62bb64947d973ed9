import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../cli/sluice.mjs', import.meta.url))

/** What the command printed with `--json`. */
export interface Said {
  readonly exitCode: number
  readonly document: {
    readonly promoted?: string
    readonly error?: { readonly code: string; readonly message: string }
  }
  readonly text: string
}

/** Runs the command `sluice`; its progress and its errors go to standard error. @throws Error when it fails */
export async function sluice(args: readonly string[]): Promise<void> {
  const { ended } = run(args, 'ignore', 'inherit')
  const { code, signal } = await ended
  if (code !== 0) throw new Error(`sluice ${args.join(' ')} ended with ${signal ?? `code ${code}`}`)
}

/** Runs the command `sluice` with `--json` among its arguments. @throws Error when it does not print a document */
export async function sluiceSaying(args: readonly string[]): Promise<Said> {
  const { child, ended } = run(args, 'pipe', 'pipe')
  const [{ code, signal }, out, err] = await Promise.all([ended, text(child.stdout!), text(child.stderr!)])
  const printed = out === '' ? err : out
  try {
    return { exitCode: code ?? -1, document: JSON.parse(printed), text: printed }
  } catch {
    throw new Error(`sluice ${args.join(' ')} ended with ${signal ?? `code ${code}`} and said: ${out}${err}`)
  }
}

function run(args: readonly string[], out: 'ignore' | 'pipe', err: 'inherit' | 'pipe') {
  const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', out, err] })
  const ended = new Promise<{ readonly code: number | null; readonly signal: string | null }>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve({ code, signal }))
  })
  return { child, ended }
}
