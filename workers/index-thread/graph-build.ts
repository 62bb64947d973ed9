/**
 * The graphs of a model set, built in a thread of their own: while a partition is searched, building in its thread would make
 * every search wait for a slice, and at the same priority take what other threads need.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ModelSetHandles } from '../../funnel/ports.ts'
import type { IndexThreadData } from './messages.ts'

export interface GraphBuilderData extends IndexThreadData {
  readonly handles: ModelSetHandles
  /** Where the finished graphs are saved. */
  readonly folder: string
}

export class GraphBuild {
  private readonly worker: Worker
  private readonly folder: string
  private readonly ended: Promise<void>

  private constructor(data: GraphBuilderData) {
    this.folder = data.folder
    this.worker = new Worker(new URL('./graph-builder.ts', import.meta.url), {
      workerData: data,
      name: `build-${data.shard}`,
    })
    this.ended = new Promise((resolve, reject) => {
      this.worker.once('error', reject)
      this.worker.once('exit', code => {
        if (code === 0) resolve()
        else reject(new Error(`the thread that builds graphs exited with code ${code}`))
      })
    })
  }

  static async start(data: Omit<GraphBuilderData, 'folder'>): Promise<GraphBuild> {
    return new GraphBuild({ ...data, folder: await mkdtemp(join(tmpdir(), 'sluice-graphs-')) })
  }

  /** The folder with the graphs, once they are whole. @throws what went wrong, also when it was cancelled */
  async whole(): Promise<string> {
    await this.ended
    return this.folder
  }

  /** Ends the thread if it still runs, and removes what it wrote. */
  async close(): Promise<void> {
    await this.worker.terminate()
    await rm(this.folder, { recursive: true, force: true })
  }
}
