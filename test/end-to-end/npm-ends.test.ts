import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeDirectory } from '../../storage/data-directory.ts'

const entry = join(import.meta.dirname, '..', '..', 'cli', 'sluice.mjs')

/** Goes by the name of npm, and starts what it is given through a shell, as npm does. */
const likeNpm = `
  process.title = 'npm exec sluice'
  const { spawn } = require('node:child_process')
  spawn('sh', ['-c', '"$0" "$@"; true', process.execPath, ...process.argv.slice(1)], { stdio: 'inherit' })
`

it.skipIf(process.platform !== 'linux')(
  'a server that npm started stops in order when npm is killed',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-npm-'))
    const npm = spawn(process.execPath, ['-e', likeNpm, entry, 'serve', '--port', '0', '--data-dir', directory], {
      env: { ...process.env, npm_command: 'exec' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    npm.stdout.setEncoding('utf8').on('data', text => {
      out += text
    })
    await expect.poll(() => out, { timeout: 20_000 }).toContain('Ctrl-C')
    expect((await describeDirectory(directory)).holder).toBeDefined()
    const closed = once(npm.stdout, 'close')
    npm.kill('SIGKILL')
    await closed
    await expect.poll(() => describeDirectory(directory)).toMatchObject({ holder: undefined })
    rmSync(directory, { recursive: true })
  },
  40_000,
)
