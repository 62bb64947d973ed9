import { InvalidArgumentError } from 'commander'

export function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1 up.')
  return value
}

export function share(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return value
}

export function exponent(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 10)) throw new InvalidArgumentError('It must be a number from 0 to 10.')
  return value
}
