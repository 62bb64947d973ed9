/** The process that makes the load. It is one of its own, so that it does not share an event loop with the server. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom, splitSeed } from '../algorithms/statistics/random.ts'
import { type Load, startClosedLoad } from './load/cannon.ts'
import type { LoadCalls, PrepareLoad, ProbedFunnel, StartLoad, Traffic } from './load/messages.ts'
import { PacedLoad } from './load/paced.ts'
import { probe } from './load/probe.ts'
import { LoadRecorder } from './load/recorder.ts'
import { serveCalls } from './process-calls.ts'
import { EventBatches } from './traffic/event-batches.ts'
import { type KnownFeed, RequestMix, type RequestStream } from './traffic/request-mix.ts'

/** The first requests over new connections are not those that are measured. */
const settleMs = 1_000

const recorder = new LoadRecorder()
let prepared: { readonly ask: PrepareLoad; readonly feeds: readonly KnownFeed[] } | null = null
let load: Load | null = null
let loads = 0

serveCalls<LoadCalls>(
  {
    prepare,
    start,
    begin() {
      recorder.begin()
      return null
    },
    feeds: () => recorder.feeds,
    stretch(isOn) {
      recorder.setStretch(isOn)
      return null
    },
    end: () => recorder.end(),
    async stop() {
      await load?.stop()
      load = null
      return null
    },
  },
  () => process.exit(0),
)

async function prepare(ask: PrepareLoad): Promise<ProbedFunnel> {
  const onlyFeeds = new RequestMix({ ...ask.mix, eventShare: 0 }, ask.users, [])
  const { feeds, funnel } = await probe(ask.url, onlyFeeds, ask.probes)
  prepared = { ask, feeds }
  return funnel
}

/** Each load has its own part of the random numbers: the next one does not repeat what the server has just seen. */
async function start({ shape, traffic }: StartLoad): Promise<null> {
  if (prepared === null) throw new TypeError('the load is started before it is prepared')
  const { url, mix } = prepared.ask
  const seed = splitSeed(mix.seed, ++loads)
  const requests = requestsOf(traffic, seed, prepared)
  if (shape.kind === 'closed') {
    load = await startClosedLoad(url, shape.connections, requests, recorder)
  } else {
    const random = createRandom(splitSeed(seed, 'arrivals'))
    load = new PacedLoad(url, shape.perSecond, requests, random, recorder)
    await sleep(settleMs)
  }
  return null
}

function requestsOf(traffic: Traffic, seed: number, { ask, feeds }: NonNullable<typeof prepared>): RequestStream {
  const mix = { ...ask.mix, seed }
  return traffic.kind === 'mix'
    ? new RequestMix(mix, ask.users, feeds)
    : new EventBatches(traffic, mix, ask.users, feeds)
}
