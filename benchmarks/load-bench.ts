import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadCalls, LoadFigures, LoadShape, ProbedFunnel, Traffic } from './load/messages.ts'
import { CalledProcess } from './process-calls.ts'
import { readCoreTimes, shareOfOthers } from './report/machine.ts'
import type { ScenarioOptions } from './scenario.ts'
import type { ServerCalls, ServerFacts, ServerFigures } from './server/messages.ts'
import type { MixSettings } from './traffic/request-mix.ts'

/** One shape of load and what it did. */
export interface Measured {
  readonly shape: LoadShape
  readonly perSecond: number
  /** Answers that were refused, partial, empty or degraded by the load, in part rejected, or did not come. */
  readonly flawed: number
  /** As a share of all. */
  readonly flawedShare: number
  /** Processor time of the server per answer, whatever the answer was to. */
  readonly cpuMsPerRequest: number
  readonly load: LoadFigures
  readonly server: ServerFigures
  /** Share of the machine that neither the server nor the load used. */
  readonly othersShare: number
}

/** What is asked one by one before any load. */
const probes = 200

/** A server and a load, each in a process of its own. */
export class LoadBench {
  private readonly server: CalledProcess<ServerCalls>
  private readonly load: CalledProcess<LoadCalls>
  private isDegradedAtRest = false

  constructor({ profile }: Pick<ScenarioOptions, 'profile'>) {
    const nodeOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
    this.server = new CalledProcess(new URL('./server-process.ts', import.meta.url), nodeOptions)
    this.load = new CalledProcess(new URL('./load-process.ts', import.meta.url))
  }

  /**
   * Opens the server on a data directory, which it changes.
   * @param users the most active first
   */
  async open(
    dataDir: string,
    set: ScenarioOptions['set'],
    mix: MixSettings,
    users: readonly string[],
  ): Promise<{ readonly server: ServerFacts; readonly funnel: ProbedFunnel }> {
    const server = await this.server.call('open', { dataDir, set })
    const funnel = await this.load.call('prepare', { url: server.url, mix, users, probes })
    this.isDegradedAtRest = funnel.degraded > 0
    return { server, funnel }
  }

  /** Measures for so long. */
  measure(shape: LoadShape, traffic: Traffic, seconds: number): Promise<Measured> {
    return this.measureWhile(shape, traffic, () => sleep(seconds * 1000))
  }

  /** Measures until `passing` has come to its end. */
  async measureWhile(shape: LoadShape, traffic: Traffic, passing: () => Promise<unknown>): Promise<Measured> {
    const { server, load } = this
    await load.call('start', { shape, traffic })
    const before = readCoreTimes()
    await server.call('begin', null)
    await load.call('begin', null)
    await passing()
    const answered = await load.call('end', null)
    const served = await server.call('end', null)
    const othersShare = shareOfOthers(before, readCoreTimes(), served.cpuMs + answered.generatorCpuMs)
    await load.call('stop', null)
    const accepted = answered.feeds.count + answered.events.count
    const all = accepted + answered.refused + answered.unanswered
    const flawed = this.flawsOf(answered)
    return {
      shape,
      perSecond: accepted / answered.seconds,
      flawed,
      flawedShare: all === 0 ? 1 : flawed / all,
      cpuMsPerRequest: served.cpuMs / Math.max(1, all),
      load: answered,
      server: served,
      othersShare,
    }
  }

  /** Feeds answered since the measurement began. */
  answeredFeeds(): Promise<number> {
    return this.load.call('feeds', null)
  }

  /** The feeds that are answered while `passing` runs are also counted by themselves. */
  async stretch<T>(passing: () => Promise<T>): Promise<T> {
    await this.load.call('stretch', true)
    const result = await passing()
    await this.load.call('stretch', false)
    return result
  }

  /** The set that new requests get. */
  modelSet(): Promise<string | null> {
    return this.server.call('modelSet', null)
  }

  async close(): Promise<void> {
    await Promise.all([this.load.close(), this.server.close()])
  }

  /** Without a ranker every feed is degraded, whatever the load. */
  private flawsOf({ refused, unanswered, partial, degraded, rejected, empty }: LoadFigures): number {
    return refused + unanswered + partial + rejected + empty + (this.isDegradedAtRest ? 0 : degraded)
  }
}
