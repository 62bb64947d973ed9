import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openEngine } from '../../actors/open-engine.ts'
import type { RunningEngine } from '../../actors/running-engine.ts'
import { systemMonotonicClock } from '../../domain/ports.ts'
import type { Recommendation, RecommendationRequest } from '../../domain/recommendation.ts'
import { createLogger } from '../../telemetry/log.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { sampleRequest, testSettings } from './samples.ts'

/** A folder of its own, and what is done with it removed at the end. */
export class DataFolder {
  readonly path: string
  private readonly engines: RunningEngine[] = []

  static async make(): Promise<DataFolder> {
    return new DataFolder(await mkdtemp(join(tmpdir(), 'sluice-engine-')))
  }

  private constructor(path: string) {
    this.path = path
  }

  get models(): string {
    return join(this.path, 'models')
  }

  /**
   * Opens the real engine here and waits until it serves. With few threads, and with deadlines so long that a busy
   * machine makes no feed partial.
   */
  async open(values: Record<string, number | boolean | string> = {}, faults = false): Promise<RunningEngine> {
    const engine = await openEngine({
      dataDir: this.path,
      settings: testSettings({ ...patient, ...values }),
      log: createLogger({ name: 'test', level: 'fatal' }),
      metrics: createMetrics({ clock: systemMonotonicClock, latencyWindowMs: 60_000 }),
      faults,
      onFailure: error => {
        throw error
      },
    })
    this.engines.push(engine)
    while (engine.notReadyReasons().length > 0) await sleep(5)
    return engine
  }

  async remove(): Promise<void> {
    for (const engine of this.engines) await engine.stop()
    await rm(this.path, { recursive: true, force: true })
  }
}

const patient = {
  'ranking.threads': 1,
  'models.lookIntervalMs': 50,
  'funnel.gatherDeadlineMs': 10_000,
  'funnel.requestDeadlineMs': 20_000,
  'engine.ackTimeoutMs': 20_000,
}

let requests = 0

/** A feed for somebody; every call is another request. */
export function feedOf(
  engine: RunningEngine,
  userId: string,
  fields: Partial<RecommendationRequest> = {},
): Promise<Recommendation> {
  return engine.recommend(sampleRequest(userId, { requestId: `request-${++requests}`, ...fields }))
}

export const idsOf = ({ items }: Recommendation) => items.map(item => item.id)
