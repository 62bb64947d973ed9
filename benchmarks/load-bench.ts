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
  /** Share of the answers that were refused, partial or degraded by the load, in part rejected, or did not come. */
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

  async measure(shape: LoadShape, traffic: Traffic, seconds: number): Promise<Measured> {
    const { server, load } = this
    await load.call('start', { shape, traffic })
    const before = readCoreTimes()
    await server.call('begin', null)
    const answered = await load.call('measure', { seconds })
    const served = await server.call('end', null)
    const othersShare = shareOfOthers(before, readCoreTimes(), served.cpuMs + answered.generatorCpuMs)
    await load.call('stop', null)
    const accepted = answered.feeds.count + answered.events.count
    const all = accepted + answered.refused + answered.unanswered
    return {
      shape,
      perSecond: accepted / answered.seconds,
      flawedShare: all === 0 ? 1 : this.flawsOf(answered) / all,
      cpuMsPerRequest: served.cpuMs / Math.max(1, all),
      load: answered,
      server: served,
      othersShare,
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.load.close(), this.server.close()])
  }

  /** Without a ranker every feed is degraded, whatever the load. */
  private flawsOf({ refused, unanswered, partial, degraded, rejected }: LoadFigures): number {
    return refused + unanswered + partial + rejected + (this.isDegradedAtRest ? 0 : degraded)
  }
}
