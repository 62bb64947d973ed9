import { BroadcastChannel, threadId, workerData } from 'node:worker_threads'
import { move } from 'piscina'
import { settingsFromText } from '../../funnel/fragments.ts'
import type { FromRankThreads, RankResult, RankTask, RankThreadData, ToRankThreads } from './messages.ts'
import { RankHost } from './rank-host.ts'

const data = workerData as RankThreadData
const host = new RankHost(settingsFromText(data.settings), data.waitMs)
const channel = new BroadcastChannel(data.channel)
channel.unref()

function say(message: FromRankThreads): void {
  channel.postMessage(message)
}

channel.onmessage = event => {
  const message = event.data as ToRankThreads
  switch (message.type) {
    case 'tables':
      return host.setTables(message.tables)
    case 'prepare': {
      const { generation } = message.handles
      return host.prepare(message.handles).then(
        () => say({ type: 'prepared', threadId, generation }),
        error => say({ type: 'prepare-failed', threadId, generation, reason: String(error) }),
      )
    }
    case 'retire':
      return host.retire(message.generation)
  }
}
say({ type: 'hello', threadId })

/** The task of the rank pool. Results are moved, not copied. */
export default async function rankTask(task: RankTask): Promise<RankResult> {
  const result = await host.run(task)
  return Array.isArray(result) ? result : (move(result) as ArrayBuffer)
}
