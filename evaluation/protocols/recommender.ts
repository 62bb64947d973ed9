import type { Histories } from '../../models/histories.ts'
import type { Progress } from '../../telemetry/progress.ts'

/** What a protocol asks a model to learn from. */
export interface FitTask {
  readonly training: Histories
  /**
   * Held-out items of each user behind the training ones, in the form of histories, for the choice of an epoch or of
   * settings; absent where the protocol has none. Never the test items.
   */
  readonly validation?: Histories
  readonly seed: number
  /** Threads of one session. */
  readonly threads: number
  readonly progress: Progress
  /** Settings of the model by name, as given on the command line; unknown names are refused by the model. */
  readonly settings: Readonly<Record<string, number | string | boolean>>
}

/** A fitted model as a protocol asks it: any user, with any history known at that time. */
export interface Recommender {
  /**
   * Scores of every item, higher is better; all finite.
   * @param users places of the users asked about [n], for models with a vector per user
   * @param histories what is known of all users when asked (training, or training and validation)
   * @param out [n × items], row-major
   */
  score(users: Uint32Array, histories: Histories, out: Float32Array): Promise<void>
  /** What was chosen while fitting (epoch, settings), for the report. */
  readonly chosen: Readonly<Record<string, number | string>>
  close(): Promise<void>
}

/** A model that the protocols can fit, by the name of `--model`. */
export interface RecommenderModel {
  readonly name: string
  readonly description: string
  /** Settings with their defaults. */
  readonly settings: Readonly<Record<string, number | string | boolean>>
  fit(task: FitTask): Promise<Recommender>
}
