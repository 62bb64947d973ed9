import type { ThreadCpu } from './thread-cpu.ts'

/** What the process with the engine can be asked. */
export type ServerCalls = {
  readonly open: { readonly ask: OpenServer; readonly answer: ServerFacts }
  /** The set that new requests get. */
  readonly modelSet: { readonly ask: null; readonly answer: string | null }
  /** Starts measuring afresh. */
  readonly begin: { readonly ask: null; readonly answer: null }
  readonly end: { readonly ask: null; readonly answer: ServerFigures }
}

export interface OpenServer {
  readonly dataDir: string
  /** Settings by key, as on the command line. */
  readonly set: Readonly<Record<string, string>>
}

export interface ServerFacts {
  readonly url: string
  readonly openMs: number
  /** From opened to ready: model sets loaded, indexes built. */
  readonly readyMs: number
  readonly items: number
  readonly modelSet: string | null
  readonly settingsHash: string
  readonly changedSettings: Readonly<Record<string, unknown>>
  readonly sources: readonly string[]
  readonly indexThreads: number
  readonly rankThreads: number
}

/** What the server measured of itself between `begin` and `end`. */
export interface ServerFigures {
  readonly elapsedMs: number
  /** Processor time of the whole process, all threads, user and system. */
  readonly cpuMs: number
  readonly threadCpuMs: ThreadCpu | null
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly stages: Readonly<Record<string, { readonly count: number; readonly totalMs: number }>>
  /** Feeds that were held back because their parts came from different model sets. */
  readonly mixedFeeds: number
  readonly residentBytes: number
}
