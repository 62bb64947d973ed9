/** The models that the protocols can fit, by the name of `--model`: one line each. */
import type { RecommenderModel } from '../recommender.ts'

export const recommenderModels: readonly RecommenderModel[] = [
  (await import('./popularity.ts')).popularity,
  (await import('./ease.ts')).ease,
  (await import('./projected-ease.ts')).projectedEase,
  (await import('./collaborative.ts')).collaborative,
  (await import('./bpr.ts')).bpr,
  (await import('./sequence.ts')).sequence,
  (await import('./two-tower.ts')).twoTower,
  (await import('./two-tower.ts')).twoTower,
]
