import type { JournalEvent } from '../domain/event.ts'
import { engagementRoles, Role } from '../domain/roles.ts'

/**
 * When what a person engaged with had been shown to them, so that training asks before that moment: whoever has seen
 * the impressions of a feed knows what was in it, which no request can know.
 *
 * 1. An event with a requestId was shown by that request, which begins at its first event of any kind.
 * 2. An engagement without one was shown by the run of impressions of its item before it: with no more than
 *    `sessionGapMs` between them and before the engagement. Without such a run, it was shown by itself.
 */
export class Showings {
  private readonly sessionGapMs: number
  private readonly people = new Map<string, Person>()
  private readonly shownItems: string[] = []
  /** Journal number at which the request of each shown item begins. */
  private readonly shownBy: number[] = []

  constructor(sessionGapMs: number) {
    this.sessionGapMs = sessionGapMs
  }

  /** @returns the journal number of the event that its showing began with; its own when nothing came before. */
  add(event: JournalEvent, seq: number): number {
    const person = this.personOf(event)
    const isEngagement = (event.roles & engagementRoles) !== 0
    const isImpression = (event.roles & Role.impression) !== 0
    let askSeq = seq
    if (event.requestId !== undefined) {
      askSeq = person.requests.get(event.requestId) ?? seq
      if (askSeq === seq) person.requests.set(event.requestId, seq)
      if (isImpression) {
        this.shownItems.push(event.item)
        this.shownBy.push(askSeq)
      }
    } else if (isEngagement) {
      askSeq = this.runOf(person, event)?.askSeq ?? seq
    }
    if (isImpression) this.extendRun(person, event, askSeq)
    return askSeq
  }

  /** The items shown by the requests that begin at these journal numbers, in the order in which impressions told of them. */
  shownBySeq(seqs: ReadonlySet<number>): ReadonlyMap<number, ReadonlySet<string>> {
    const shown = new Map<number, Set<string>>()
    for (let i = 0; i < this.shownBy.length; i++) {
      const seq = this.shownBy[i]
      if (!seqs.has(seq)) continue
      const items = shown.get(seq)
      if (items === undefined) shown.set(seq, new Set([this.shownItems[i]]))
      else items.add(this.shownItems[i])
    }
    return shown
  }

  private personOf({ user, time }: JournalEvent): Person {
    let person = this.people.get(user)
    if (person === undefined) {
      person = { lastAt: time, requests: new Map(), runs: new Map() }
      this.people.set(user, person)
    }
    // No run reaches across a pause.
    if (time - person.lastAt > this.sessionGapMs) person.runs.clear()
    person.lastAt = Math.max(person.lastAt, time)
    return person
  }

  private runOf({ runs }: Person, { item, time }: JournalEvent): Run | undefined {
    const run = runs.get(item)
    return run !== undefined && time - run.lastAt <= this.sessionGapMs ? run : undefined
  }

  private extendRun(person: Person, event: JournalEvent, askSeq: number): void {
    const run = this.runOf(person, event)
    if (run === undefined) person.runs.set(event.item, { askSeq, lastAt: event.time })
    else run.lastAt = Math.max(run.lastAt, event.time)
  }
}

interface Person {
  lastAt: number
  /** Where each request begins. */
  readonly requests: Map<string, number>
  /** By item. */
  readonly runs: Map<string, Run>
}

interface Run {
  readonly askSeq: number
  lastAt: number
}
