import { ValueModel } from '../../algorithms/ranking/value-model.ts'
import type { Settings } from '../../config/settings.ts'
import type { CandidateSet } from '../../domain/candidate-set.ts'
import { objectiveCount, objectives } from '../../domain/roles.ts'
import { featureCount } from '../../features/schema.ts'
import { type Calibrator, createCalibrator } from '../../models/calibration/calibrator.ts'
import { openSession, run, type Session, tensor } from '../../models/engine/session.ts'
import type { RankerHandles } from '../ports.ts'
import { valueSettings } from './settings.ts'

const reportedMax = 16

/**
 * The multi-objective model: features in, calibrated probabilities and one value per candidate out. Finish, positive
 * and negative are learned among clicks, so their columns are conditional on the click until the value model has run.
 */
export class NeuralRanker {
  private readonly session: Session
  private readonly calibrators: readonly Calibrator[]
  private readonly valueModel: ValueModel
  private readonly reported = new Set<string>()

  private constructor(session: Session, handles: RankerHandles, settings: Settings) {
    const weights = settings.of(valueSettings)
    this.session = session
    this.calibrators = handles.calibration.map(createCalibrator)
    this.valueModel = new ValueModel({
      weights: objectives.map(name => weights[name]),
      trained: objectives.map(name => (handles.trained[name] ? 1 : 0)),
      conditionalOnClick: objectives.map(name => (name === 'click' ? 0 : 1)),
      clickColumn: objectives.indexOf('click'),
    })
  }

  static async open(handles: RankerHandles, settings: Settings): Promise<NeuralRanker> {
    return new NeuralRanker(await openSession(handles.onnx, { threads: 1 }), handles, settings)
  }

  /**
   * @param features [candidates × featureCount]
   * @returns false when the model failed: the candidates are then to be served in their merged order
   */
  async score(features: Float32Array, candidates: CandidateSet): Promise<boolean> {
    if (candidates.count === 0) return true
    const logits = await this.infer(features, candidates.count)
    if (logits === null) return false
    candidates.probabilities.set(logits)
    const probabilities = candidates.probabilities.subarray(0, candidates.count * objectiveCount)
    for (let k = 0; k < objectiveCount; k++) this.calibrators[k].calibrateColumn(probabilities, k, objectiveCount)
    this.valueModel.apply(probabilities, candidates.value.subarray(0, candidates.count))
    return true
  }

  private async infer(features: Float32Array, count: number): Promise<Float32Array | null> {
    try {
      const feeds = { features: tensor(features, [count, featureCount]) }
      return (await run(this.session, feeds, ['logits'])).logits
    } catch (error) {
      this.report(String(error))
      return null
    }
  }

  /** Rank threads have no log, and a model that fails does so at every request: each reason is given once. */
  private report(reason: string): void {
    if (this.reported.has(reason) || this.reported.size === reportedMax) return
    this.reported.add(reason)
    console.error(`The ranker failed, and feeds keep their merged order: ${reason}`)
  }
}
