import { resolveSettings } from '../../cli/settings.ts'
import type { ParityReport } from '../../evaluation/parity.ts'
import { schemaHashOf } from '../../funnel/schema-hash.ts'
import { readPromoted } from '../../models/artefact/artefact.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import type { Progress } from '../../telemetry/progress.ts'
import { chooseData } from '../data/choose-data.ts'
import { onWorkingCopy } from '../data/working-copy.ts'
import { ladder } from '../load/ladder.ts'
import { LoadBench } from '../load-bench.ts'
import type { Scenario, ScenarioOptions } from '../scenario.ts'
import type { ServerFacts } from '../server/messages.ts'
import { Operator } from '../swap/operator.ts'
import { writeForeign, writeTwin } from '../swap/prepared-sets.ts'
import { replayFeedsAtSwitches } from '../swap/replayed-feeds.ts'
import { type Bound, boundsOf, summarise } from '../swap/summary.ts'
import { measureRound, type Round } from '../swap/windows.ts'
import { usersByActivity } from '../traffic/activity.ts'
import { defaultMix, type MixSettings } from '../traffic/request-mix.ts'
import { wholeNumber } from './options.ts'
import { findPeak, type Peak } from './peak.ts'
import { swapText } from './swap-text.ts'

const pacedShare = 0.6
/** A window takes this many times as long as its requests would at their pace, at most. */
const slack = 2

export interface SwapFigures {
  readonly server: ServerFacts
  readonly mix: MixSettings
  readonly peak: Peak
  /** Requests per second of every window, feeds and events. */
  readonly pacedPerSecond: number
  readonly requests: number
  readonly sets: { readonly present: string; readonly other: string; readonly foreign: string }
  readonly rounds: readonly Round[]
  readonly summary: ReturnType<typeof summarise>
  readonly replayed: ParityReport
  readonly bounds: readonly Bound[]
}

export interface SwapOptions extends Pick<ScenarioOptions, 'set' | 'profile' | 'seed'> {
  /** Feeds of each window, at least. */
  readonly requests: number
  readonly rounds: number
  /** Feeds before and after each switch that are computed again from the journal. */
  readonly replayed: number
  /** The set to swap to; a twin of the promoted one when it is absent. */
  readonly to?: string
  /** Numbers of connections to try for the peak, and how long each. */
  readonly ladder: readonly number[]
  readonly peakSeconds: number
}

export const swap: Scenario = {
  name: 'swap',
  summary: 'another model set promoted, rolled back, and one refused, at 60 % of the peak',
  takes: '15 min at a peak of 500 requests/s, 45 at 170',
  declare(command) {
    command
      .option('--requests <n>', 'feeds of each of the four windows of a round, at least', wholeNumber, 20_000)
      .option('--rounds <n>', 'rounds; medians are over them', wholeNumber, 3)
      .option('--to <id>', 'the model set to swap to (default: a twin of the promoted one, with other numbers in it)')
      .option('--replayed <n>', 'feeds on each side of a switch that are computed again', wholeNumber, 250)
      .option('--profile <dir>', 'write a CPU profile of every thread of the server there')
  },
  async run(options, progress) {
    const data = await chooseData(options)
    const { requests, rounds, replayed, to } = options as unknown as SwapOptions
    const own = { ...options, requests, rounds, replayed, to, ladder, peakSeconds: 5 }
    const figures = await onWorkingCopy(data.path, copy => measureSwap(copy, own, progress))
    return { figures: { data, ...figures }, text: swapText(data.name, figures) }
  },
}

/** Puts load on a server that works on `dataDir`, changes model sets under it, and leaves all of it behind. */
export async function measureSwap(dataDir: string, options: SwapOptions, progress: Progress): Promise<SwapFigures> {
  const { requests, set, seed } = options
  progress.step('Reading who is how active')
  const users = await usersByActivity(layoutOf(dataDir).journal)
  progress.step('Preparing model sets')
  const sets = await prepareSets(dataDir, options)
  const mix = { ...defaultMix, seed }
  const bench = new LoadBench(options)
  try {
    progress.step('Starting the server and asking for single feeds')
    const { server } = await bench.open(dataDir, set, mix, users)
    const peak = await findPeak(bench, options.ladder, options.peakSeconds, progress)
    const pacedPerSecond = Math.max(1, Math.round(peak.peak.perSecond * pacedShare))
    const windowMaxMs = slack * 1000 * (requests / (pacedPerSecond * (1 - mix.eventShare)))
    const operator = new Operator(dataDir, set, { url: server.url, modelSet: () => bench.modelSet() })
    const plan = { perSecond: pacedPerSecond, requests, windowMaxMs, ...sets }
    const rounds: Round[] = []
    for (let r = 1; r <= options.rounds; r++) {
      const about = `${Math.ceil(windowMaxMs / slack / 1000)} s or more`
      const tell = (window: string) => progress.step(`Round ${r} of ${options.rounds}: ${window}, ${about}`)
      rounds.push(await measureRound(bench, operator, plan, tell))
    }
    await bench.close()
    const replayed = await replayFeedsAtSwitches(dataDir, set, options.replayed, progress)
    progress.done()
    const bounds = boundsOf(rounds, requests, replayed)
    return { server, mix, peak, pacedPerSecond, requests, sets, rounds, summary: summarise(rounds), replayed, bounds }
  } finally {
    await bench.close()
  }
}

async function prepareSets(dataDir: string, { set, to, seed }: SwapOptions): Promise<SwapFigures['sets']> {
  const { models } = layoutOf(dataDir)
  const schemaHash = schemaHashOf(resolveSettings({ dataDir, environment: process.env, commandLine: set }))
  const present = await readPromoted(models)
  if (present === null) throw new Error(`${dataDir} has no model set: train one with \`sluice train\``)
  if (to === present) throw new Error(`${to} is promoted already: give --to another set, or leave it out`)
  const other = to ?? (await writeTwin(models, present, schemaHash, seed))
  return { present, other, foreign: await writeForeign(models, present, schemaHash) }
}
