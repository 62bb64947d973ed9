/** As many tasks as may wait for a rank thread do so already. */
export class RankQueueFull extends Error {
  override readonly name = 'RankQueueFull'

  constructor(queueMax: number) {
    super(`${queueMax} tasks already wait for a rank thread (ranking.queueMax)`)
  }
}
