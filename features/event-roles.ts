import Type, { type Static } from 'typebox'
import { defineSettings, type SettingsOf } from '../config/fragment.ts'
import { Role, type RoleSet, roleNames } from '../domain/roles.ts'

const threshold = (description: string) => Type.Optional(Type.Number({ description }))

const eventRule = Type.Object(
  {
    roles: Type.Array(Type.Enum([...roleNames]), { uniqueItems: true }),
    positiveFrom: threshold('From this value up the event is also positive'),
    negativeTo: threshold('Up to this value the event is also negative'),
    finishFrom: threshold('From this value up the event is also a finish'),
  },
  { additionalProperties: false },
)

export type EventRule = Static<typeof eventRule>

const defaultTypes: Record<string, EventRule> = {
  impression: { roles: ['impression'] },
  skip: { roles: ['impression'] },
  click: { roles: ['click'] },
  view: { roles: ['click'] },
  play: { roles: ['click'], finishFrom: 0.9 },
  finish: { roles: ['finish'] },
  rating: { roles: ['click', 'finish'], positiveFrom: 4, negativeTo: 2 },
  like: { roles: ['positive'] },
  follow: { roles: ['positive'] },
  share: { roles: ['positive'] },
  comment: { roles: ['click'] },
  save: { roles: ['positive'] },
  purchase: { roles: ['click', 'finish', 'positive'] },
  dislike: { roles: ['negative'] },
  hide: { roles: ['negative'] },
  report: { roles: ['negative'] },
}

export const eventSettings = defineSettings('events', 'What the event types of clients and logs mean', {
  types: Type.Record(Type.String({ minLength: 1 }), eventRule, {
    description: 'Roles by event type; the value of a play is the share that was played, of a rating its stars',
    default: defaultTypes,
  }),
})

/** The roles of an event, a finish always with its click, or undefined when its type is not known and the event must be refused. */
export type EventRoles = (type: string, value: number | undefined) => RoleSet | undefined

interface CompiledRule {
  readonly roles: RoleSet
  readonly positiveFrom: number
  readonly negativeTo: number
  readonly finishFrom: number
}

export function createEventRoles(settings: SettingsOf<typeof eventSettings>): EventRoles {
  const rules = new Map(Object.entries(settings.types).map(([type, rule]) => [type, compile(rule)]))
  return (type, value) => {
    const rule = rules.get(type)
    if (rule === undefined) return undefined
    let roles = rule.roles
    if (value !== undefined) {
      if (value >= rule.positiveFrom) roles |= Role.positive
      if (value <= rule.negativeTo) roles |= Role.negative
      if (value >= rule.finishFrom) roles |= Role.finish
    }
    return (roles & Role.finish) === 0 ? roles : roles | Role.click
  }
}

/** An absent threshold is NaN, which no value reaches. */
function compile(rule: EventRule): CompiledRule {
  return {
    roles: rule.roles.reduce((set, role) => set | Role[role], 0),
    positiveFrom: rule.positiveFrom ?? Number.NaN,
    negativeTo: rule.negativeTo ?? Number.NaN,
    finishFrom: rule.finishFrom ?? Number.NaN,
  }
}
