/** What an operator does with model sets while a server runs on the same data directory. */
import { setTimeout as sleep } from 'node:timers/promises'
import { pointTo } from '../../models/artefact/artefact.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import { type Said, sluiceSaying } from '../data/sluice.ts'
import type { ScenarioOptions } from '../scenario.ts'

export interface TakenUp {
  readonly from: string
  readonly to: string
  /** Of the command, from its start to its end. */
  readonly commandMs: number
  /** From the start of the command to the first moment at which new requests get the set. */
  readonly takenUpMs: number
}

export interface Refused {
  readonly set: string
  /** What `sluice models promote` said. */
  readonly code: string
  readonly message: string
  /** What the server said of it once the pointer had been moved by hand. */
  readonly health: string
  readonly refusedMs: number
}

export interface RunningServer {
  readonly url: string
  /** The set that new requests get. */
  modelSet(): Promise<string | null>
}

const lookMs = 50
const healthLookMs = 200
/** A set of a million items takes minutes to index; whatever takes longer than this does not end. */
const patienceMs = 900_000

export class Operator {
  private readonly dataDir: string
  private readonly options: readonly string[]
  private readonly server: RunningServer

  constructor(dataDir: string, set: ScenarioOptions['set'], server: RunningServer) {
    const settings = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`])
    this.dataDir = dataDir
    this.options = ['--json', '--no-progress', '--data-dir', dataDir, ...settings]
    this.server = server
  }

  /** @throws Error when the command fails, or the server does not take the set up */
  promote(from: string, to: string): Promise<TakenUp> {
    return this.switchOver(from, to, ['promote', to])
  }

  /** @throws Error when it leads elsewhere, or the server does not follow */
  rollBack(from: string, to: string): Promise<TakenUp> {
    return this.switchOver(from, to, ['rollback'])
  }

  /**
   * Offers a set of another feature schema: with the command, which must refuse it, and then by moving the pointer
   * past it, as no command does, so that the server itself has to. Afterwards the pointer is where it was.
   *
   * @throws Error when it is not refused for this reason, or anything has changed
   */
  async offer(foreign: string, present: string): Promise<Refused> {
    const startedAt = performance.now()
    const said = await this.models(['promote', foreign])
    const { code = '', message = '' } = said.document.error ?? {}
    if (said.exitCode !== 1 || code !== 'model_schema') throw new Error(`the command did not refuse it: ${said.text}`)
    const { models } = layoutOf(this.dataDir)
    await pointTo(models, foreign)
    const health = await this.health(({ degraded }) => degraded.find(reason => reason.includes(foreign)))
    const refusedMs = performance.now() - startedAt
    const serving = await this.server.modelSet()
    if (serving !== present) throw new Error(`the server serves with ${serving} after ${foreign} was refused`)
    await pointTo(models, present)
    await this.health(({ degraded }) => (degraded.length === 0 ? 'well' : undefined))
    return { set: foreign, code, message, health, refusedMs }
  }

  private async switchOver(from: string, to: string, command: readonly string[]): Promise<TakenUp> {
    const startedAt = performance.now()
    const commanded = this.models(command).then(({ exitCode, document, text }) => {
      if (exitCode !== 0 || document.promoted !== to) throw new Error(`sluice models ${command.join(' ')}: ${text}`)
      return performance.now() - startedAt
    })
    const [commandMs, takenUpMs] = await Promise.all([commanded, this.served(to, startedAt)])
    return { from, to, commandMs, takenUpMs }
  }

  private models(command: readonly string[]): Promise<Said> {
    return sluiceSaying([...this.options, 'models', ...command])
  }

  private async served(set: string, startedAt: number): Promise<number> {
    while ((await this.server.modelSet()) !== set) {
      const elapsedMs = performance.now() - startedAt
      if (elapsedMs > patienceMs) throw new Error(`${set} was promoted and not taken up within ${patienceMs} ms`)
      await sleep(lookMs)
    }
    return performance.now() - startedAt
  }

  /** Asks the server how it is until the answer is what is waited for. */
  private async health(look: (ready: Ready) => string | undefined): Promise<string> {
    const startedAt = performance.now()
    while (performance.now() - startedAt < patienceMs) {
      const response = await fetch(`${this.server.url}/v1/health/ready`)
      const answer = await response.text()
      if (!response.ok) throw new Error(`the server is no longer ready: ${answer}`)
      const found = look(JSON.parse(answer))
      if (found !== undefined) return found
      await sleep(healthLookMs)
    }
    throw new Error('the health of the server did not become what it should')
  }
}

interface Ready {
  readonly degraded: readonly string[]
}
