#!/usr/bin/env node
// Plain JavaScript, and nothing newer than Node 16 understands: this file has to run in order to say what is missing.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'

const neededMajor = 24
const major = Number(process.versions.node.split('.')[0])

// Beside a server on the same machine, a command about its models waits rather than make people wait.
if (process.argv[2] === 'models') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

if (major >= neededMajor) {
  await keepCompiled()
  const { main } = await import('./main.ts')
  await main(process.argv.slice(2))
} else {
  runWithOwnNode(fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url)))
}

/**
 * Types are stripped once, not in every thread of every start: a thread is up in half the time, and does without the
 * WebAssembly that strips them, whose freeing has taken the process along (nodejs/node#64500).
 */
async function keepCompiled() {
  const { enableCompileCache } = await import('node:module')
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))
  enableCompileCache(process.env.NODE_COMPILE_CACHE)
}

function runWithOwnNode(node) {
  if (!existsSync(node)) {
    process.stderr.write(
      `error: Sluice needs Node.js ${neededMajor} or newer, this is ${process.version}\n` +
        'hint: run `npm install` in the project, which brings a fitting one, or install Node.js 24\n',
    )
    process.exitCode = 1
    return
  }
  // A signal must reach the child once: twice would mean at once, without cleaning up. On a terminal, Ctrl-C reaches it
  // by itself; elsewhere it has a process group of its own, and gets what is passed on.
  const hasTerminal = process.stdin.isTTY === true
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit', detached: !hasTerminal })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !hasTerminal) child.kill(signal)
    })
  }
  child.on('error', error => {
    process.stderr.write(`error: ${node} does not start: ${error.message}\nhint: run \`npm install\` again\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal])
  })
}
