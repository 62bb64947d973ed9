/** The process that makes the load. It is one of its own, so that it does not share an event loop with the server. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Load, startLoad } from './load/cannon.ts'
import type { LoadCalls, LoadShape, PrepareLoad, ProbedFunnel } from './load/messages.ts'
import { probe } from './load/probe.ts'
import { LoadRecorder } from './load/recorder.ts'
import { serveCalls } from './process-calls.ts'
import { RequestMix } from './traffic/request-mix.ts'

const recorder = new LoadRecorder()
let url = ''
let mix: RequestMix | null = null
let load: Load | null = null

serveCalls<LoadCalls>(
  {
    prepare,
    start,
    async measure({ seconds }) {
      recorder.begin()
      await sleep(seconds * 1000)
      return recorder.end()
    },
    async stop() {
      await load?.stop()
      load = null
      return null
    },
  },
  () => process.exit(0),
)

async function prepare(ask: PrepareLoad): Promise<ProbedFunnel> {
  url = ask.url
  const onlyFeeds = new RequestMix({ ...ask.mix, eventShare: 0 }, ask.users, [])
  const { feeds, funnel } = await probe(url, onlyFeeds, ask.probes)
  mix = new RequestMix(ask.mix, ask.users, feeds)
  return funnel
}

async function start(shape: LoadShape): Promise<null> {
  if (mix === null) throw new TypeError('the load is started before it is prepared')
  load = await startLoad(url, shape, mix, recorder)
  return null
}
