/** The columns of a simulated log that describe who saw an impression and what was shown. */
import type { Item } from '../../domain/item.ts'
import type { User } from '../../domain/user.ts'
import type { World } from '../../simulator/world.ts'
import { Numbering } from './numbering.ts'
import type { CategoryColumn, NumberColumn } from './ranking-log.ts'

const dayMs = 86_400_000

/** Kinds that a person may like are counted by person too; the leanings of a region or an age are kinds of their own. */
export function simulatedCategories(world: World, users: Int32Array, items: Int32Array): CategoryColumn[] {
  const titles = [...world.items()]
  const people = [...world.users()]
  const ofItem = (name: string, perUser: boolean, value: (title: Item) => unknown): CategoryColumn => {
    const numbers = new Numbering()
    const byItem = Int32Array.from(titles, title => numbers.of(value(title) ?? 'none'))
    return { name, of: 'item', values: items.map(item => byItem[item]), size: numbers.size, byItem, perUser }
  }
  const crossed = (name: string, value: (person: User, title: Item) => string): CategoryColumn => {
    const numbers = new Numbering()
    const values = items.map((item, row) => numbers.of(value(people[users[row]], titles[item])))
    return { name, of: 'impression', values, size: numbers.size, perUser: false }
  }
  return [
    { name: 'user', of: 'user', values: users, size: world.userCount, perUser: false },
    ofItem('title', true, title => title.id),
    ofItem('creator', true, title => title.creators[0]),
    ofItem('genre', true, title => title.categories[0]),
    ofItem('second genre', true, title => title.categories[1]),
    ofItem('third genre', false, title => title.categories[2]),
    ofItem('format', true, title => title.labels?.[0]),
    ofItem('maturity', false, title => title.maturity),
    crossed('genre by age', (person, title) => `${person.ageBand}/${title.categories[0]}`),
    crossed('genre by region', (person, title) => `${person.region}/${title.categories[0]}`),
    crossed('title by region', (person, title) => `${person.region}/${title.id}`),
    crossed('languages', (person, title) => `${person.language}/${title.language}`),
  ]
}

export function simulatedNumbers(
  world: World,
  users: Int32Array,
  items: Int32Array,
  times: Float64Array,
): NumberColumn[] {
  const titles = [...world.items()]
  const people = [...world.users()]
  const column = (name: string, value: (person: User, title: Item, time: number) => number): NumberColumn => ({
    name,
    values: Float32Array.from(items, (item, row) => value(people[users[row]], titles[item], times[row])),
  })
  const indicators = (
    name: string,
    values: readonly (string | undefined)[],
    of: (person: User) => string | undefined,
  ) => [...new Set(values)].sort().map(known => column(`${name} is ${known}`, person => Number(of(person) === known)))
  return [
    column('title.age', (_, title, time) => Math.log1p(Math.max(0, time - title.publishedAt!) / dayMs)),
    column('title.genres', (_, title) => title.categories.length),
    column('title.own language', (person, title) => Number(person.language === title.language)),
    column('title.English', (_, title) => Number(title.language === 'en')),
    ...indicators(
      'region',
      people.map(person => person.region),
      person => person.region,
    ),
    ...indicators(
      'age',
      people.map(person => person.ageBand),
      person => person.ageBand,
    ),
  ]
}
