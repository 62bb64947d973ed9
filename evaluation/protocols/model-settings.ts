import type { RecommenderModel } from './recommender.ts'

/** A model's setting that is not there, or a value of the wrong type. */
export class BadModelSetting extends Error {
  override readonly name = 'BadModelSetting'
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

type Setting = number | string | boolean

/** The defaults with what was given as text, each in the type of its default. @throws BadModelSetting */
export function modelSettings(
  { name, settings }: RecommenderModel,
  given: Readonly<Record<string, string>>,
): Record<string, Setting> {
  const read = Object.entries(given).map(([key, text]): [string, Setting] => {
    if (!Object.hasOwn(settings, key)) {
      const known = Object.keys(settings)
      const hint = known.length === 0 ? 'It has none' : `Its settings are ${known.join(', ')}`
      throw new BadModelSetting(`the model ${name} has no setting ${key}`, hint)
    }
    return [key, readSetting(`${name}: ${key}`, text, settings[key])]
  })
  return { ...settings, ...Object.fromEntries(read) }
}

function readSetting(name: string, text: string, example: Setting): Setting {
  if (typeof example === 'string') return text
  if (typeof example === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (typeof example === 'number' && Number.isFinite(value)) return value
  const wanted = typeof example === 'number' ? 'a number' : 'true or false'
  throw new BadModelSetting(`${name} must be ${wanted}, but is ${JSON.stringify(text)}`, `The default is ${example}`)
}
