import { hostname } from 'node:os'
import { describeDirectory } from '../storage/data-directory.ts'
import type { CommandContext } from './context.ts'
import { openCommandEngine, whenReady } from './engine.ts'
import { CommandError } from './exit.ts'
import { createDoorServer } from './serving.ts'

/** The HTTP API of a data directory, be its server running or not. */
export interface Door {
  /** `null` when the engine runs in this process. */
  readonly url: string | null
  request(method: 'GET' | 'POST', path: string, body?: unknown): Promise<DoorReply>
  close(): Promise<void>
}

export interface DoorReply {
  readonly status: number
  readonly body: string
}

const jsonHeaders = { 'content-type': 'application/json' }

/**
 * Goes to the server that runs on the data directory; without one, opens the engine in this process and puts the same
 * requests to the same routes. @throws CommandError, StorageError
 */
export async function openDoor(context: CommandContext): Promise<Door> {
  const { exists, holder } = await describeDirectory(context.dataDir)
  if (!exists) {
    const hint = 'Run `sluice demo`, import something with `sluice import`, or name another one with --data-dir'
    throw new CommandError('no_data', `there is no data directory ${context.dataDir}`, hint)
  }
  // Another machine's address may be that of something else here; opening it says who has the directory.
  const isHere = holder?.host === hostname()
  return isHere && typeof holder.url === 'string' ? remoteDoor(holder.url) : localDoor(context)
}

export function remoteDoor(url: string): Door {
  return {
    url,
    async request(method, path, body) {
      const content = body === undefined ? {} : { headers: jsonHeaders, body: JSON.stringify(body) }
      const response = await fetch(`${url}${path}`, { method, ...content }).catch(cause => {
        const reason = (cause as { cause?: Error }).cause?.message ?? String(cause)
        const hint = 'Is it starting or stopping? Try again, or look at its log'
        throw new CommandError('no_answer', `the server at ${url} does not answer: ${reason}`, hint, { cause })
      })
      return { status: response.status, body: await response.text() }
    },
    close: async () => {},
  }
}

async function localDoor(context: CommandContext): Promise<Door> {
  const opened = await openCommandEngine(context, context.settings(), 'command')
  const server = createDoorServer(opened)
  const close = async () => {
    await server.close()
    await opened.engine.stop()
  }
  try {
    await whenReady(opened.engine)
  } catch (error) {
    await close()
    throw error
  }
  return {
    url: null,
    async request(method, url, body) {
      const content = body === undefined ? {} : { headers: jsonHeaders, payload: JSON.stringify(body) }
      const { statusCode, body: text } = await server.inject({ method, url, ...content })
      return { status: statusCode, body: text }
    },
    close,
  }
}
