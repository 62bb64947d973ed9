import type { User } from '../../domain/user.ts'
import type { FieldReaders } from './field-readers.ts'
import { optional, readObject } from './readers.ts'

const userFields = new Set(['id', 'region', 'language', 'ageBand', 'device', 'labels'])

/** `id` stands in for one that the value leaves out. @throws InvalidInput */
export type UserReader = (value: unknown, id?: string) => User

export function createUserReader({ id: readId, name, labels }: FieldReaders): UserReader {
  return (value, id) => {
    const given = readObject(value, undefined, userFields)
    return {
      id: readId(given.id === undefined ? id : given.id, 'id'),
      region: optional(name, given.region, 'region'),
      language: optional(name, given.language, 'language'),
      ageBand: optional(name, given.ageBand, 'ageBand'),
      device: optional(name, given.device, 'device'),
      labels: optional(labels, given.labels, 'labels'),
    }
  }
}
