/** Settings of a ranking model as they are given on the command line, by name and as text. */
import { type RankingModelName, rankingModelSettings } from './ranking-models.ts'

export type RankingSettings = ReturnType<typeof rankingModelSettings> & {
  /** Loss weight by objective; `weight.<objective>` on the command line. */
  readonly weights: Readonly<Record<string, number>>
  /** Whether the place of an impression gets a term of its own in training, where the log says it. */
  readonly positionBias: boolean
  /** How long the outcomes of a person's own impressions stay out of that person's features. */
  readonly ownDelayHours: number
  /** Share of the training rows, at its beginning, that only feed the features. */
  readonly warmUp: number
}

/** A setting that is not there, or a value of the wrong type. */
export class BadRankingSetting extends Error {
  override readonly name = 'BadRankingSetting'
}

const logDefaults = { positionBias: true, ownDelayHours: 72, warmUp: 0.1 }
const weightPrefix = 'weight.'

/** The defaults of the model with what was given. @throws BadRankingSetting */
export function rankingSettings(model: RankingModelName, given: Readonly<Record<string, string>>): RankingSettings {
  const defaults: Record<string, number | string | boolean> = { ...rankingModelSettings(model), ...logDefaults }
  const weights: Record<string, number> = {}
  const changed: Record<string, number | string | boolean> = {}
  for (const [name, text] of Object.entries(given)) {
    if (name.startsWith(weightPrefix)) weights[name.slice(weightPrefix.length)] = read(name, text, 1) as number
    else if (Object.hasOwn(defaults, name)) changed[name] = read(name, text, defaults[name])
    else {
      const known = [...Object.keys(defaults), `${weightPrefix}<objective>`].join(', ')
      throw new BadRankingSetting(`the model ${model} has no setting ${name}; its settings are ${known}`)
    }
  }
  return { ...defaults, ...changed, weights } as unknown as RankingSettings
}

function read(name: string, text: string, example: number | string | boolean): number | string | boolean {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (typeof example === 'number' && Number.isFinite(value) && value >= 0) return value
  if (typeof example === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if (typeof example === 'string' && (text === 'constant' || text === 'cosine')) return text
  const wanted = { number: 'a number from 0 on', boolean: 'true or false', string: 'constant or cosine' }
  throw new BadRankingSetting(`${name} must be ${wanted[typeof example as keyof typeof wanted]}, but is ${text}`)
}
