import type { EventContext } from '../../domain/event.ts'
import type { RequestContext } from '../../domain/recommendation.ts'
import type { FieldReaders } from './field-readers.ts'
import { optional, type Read, readObject } from './readers.ts'

const eventContextFields = new Set(['device', 'region', 'language'])
const requestContextFields = new Set([...eventContextFields, 'time'])

export function eventContextReader({ name }: FieldReaders): Read<EventContext> {
  return (value, field) => {
    const given = readObject(value, field, eventContextFields)
    return {
      device: optional(name, given.device, 'context.device'),
      region: optional(name, given.region, 'context.region'),
      language: optional(name, given.language, 'context.language'),
    }
  }
}

export function requestContextReader({ name, time }: FieldReaders): Read<RequestContext> {
  return (value, field) => {
    const given = readObject(value, field, requestContextFields)
    return {
      device: optional(name, given.device, 'context.device'),
      region: optional(name, given.region, 'context.region'),
      language: optional(name, given.language, 'context.language'),
      time: optional(time, given.time, 'context.time'),
    }
  }
}
