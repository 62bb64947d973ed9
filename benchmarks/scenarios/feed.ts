import { layoutOf } from '../../storage/data-directory.ts'
import type { Progress } from '../../telemetry/progress.ts'
import { chooseData } from '../data/choose-data.ts'
import { onWorkingCopy } from '../data/working-copy.ts'
import { ladder } from '../load/ladder.ts'
import type { ProbedFunnel } from '../load/messages.ts'
import { LoadBench, type Measured } from '../load-bench.ts'
import type { Scenario, ScenarioOptions } from '../scenario.ts'
import type { ServerFacts } from '../server/messages.ts'
import { usersByActivity } from '../traffic/activity.ts'
import { defaultMix, type MixSettings } from '../traffic/request-mix.ts'
import { feedText } from './feed-text.ts'
import { exponent, share, wholeNumber } from './options.ts'
import { type ClosedStep, feedsAndEvents, findPeak } from './peak.ts'

/** Share of the peak at which latencies are measured: at the peak itself they only tell how long the queue is. */
const pacedShare = 0.7

export interface FeedFigures {
  readonly server: ServerFacts
  readonly users: number
  readonly mix: MixSettings
  readonly funnel: ProbedFunnel
  readonly steps: readonly ClosedStep[]
  readonly peak: ClosedStep
  readonly paced: Measured
}

export interface FeedOptions extends Pick<ScenarioOptions, 'set' | 'profile'> {
  readonly seconds: number
  readonly mix: MixSettings
  /** Numbers of connections to try. */
  readonly ladder: readonly number[]
}

export const feed: Scenario = {
  name: 'feed',
  summary: 'POST /v1/recommendations under load: peak, then latencies and cost at 70 % of it',
  takes: 'about 75 s',
  declare(command) {
    command
      .option('--seconds <n>', 'length of the paced measurement', wholeNumber, 20)
      .option('--user-skew <s>', 'Zipf exponent of how often people ask, by activity', exponent, defaultMix.userSkew)
      .option('--cold-share <share>', 'share of feeds for people without history', share, defaultMix.coldShare)
      .option('--event-share <share>', 'share of requests that send an event', share, defaultMix.eventShare)
      .option('--profile <dir>', 'write a CPU profile of every thread of the server there')
  },
  async run(options, progress) {
    const data = await chooseData(options)
    const { userSkew, coldShare, eventShare } = options as unknown as MixSettings
    const mix = { seed: options.seed, userSkew, coldShare, eventShare }
    const figures = await onWorkingCopy(data.path, copy =>
      measureFeed(copy, { ...options, seconds: options.seconds as number, mix, ladder }, progress),
    )
    return { figures: { data, ...figures }, text: feedText(data.name, figures) }
  },
}

/** Puts load on a server that works on `dataDir`, and changes it. */
export async function measureFeed(dataDir: string, options: FeedOptions, progress: Progress): Promise<FeedFigures> {
  const { seconds, mix } = options
  progress.step('Reading who is how active')
  const users = await usersByActivity(layoutOf(dataDir).journal)
  const bench = new LoadBench(options)
  try {
    progress.step('Starting the server and asking for single feeds')
    const opened = await bench.open(dataDir, options.set, mix, users)
    const { steps, peak } = await findPeak(bench, options.ladder, seconds / 4, progress)
    progress.step(`Measuring at ${pacedShare * 100} % of the peak`)
    const perSecond = Math.max(1, Math.round(peak.perSecond * pacedShare))
    const paced = await bench.measure({ kind: 'paced', perSecond }, feedsAndEvents, seconds)
    progress.done()
    return { ...opened, users: users.length, mix, steps, peak, paced }
  } finally {
    await bench.close()
  }
}
