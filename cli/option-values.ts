/** How values of options are read from text. All throw InvalidArgumentError, which commander shows with the option. */
import { InvalidArgumentError } from 'commander'

export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

/** Of something that is counted in the machine or in its time: up to six digits. */
export function wholeNumberFromOne(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1 on.')
}

type Pairs = Readonly<Record<string, string>>

/** Collects `name=value` of an option that may be repeated. @param example ends the message about what is none */
export function pairs(example: string): (text: string, before?: Pairs) => Pairs {
  return (text, before = {}) => {
    const at = text.indexOf('=')
    if (at > 0) return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
    throw new InvalidArgumentError(`It must be ${example}.`)
  }
}
