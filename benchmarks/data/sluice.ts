import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../cli/sluice.mjs', import.meta.url))

/** Runs the command `sluice`; its progress and its errors go to standard error. @throws Error when it fails */
export function sluice(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`sluice ${args.join(' ')} ended with ${signal ?? `code ${code}`}`))
    })
  })
}
