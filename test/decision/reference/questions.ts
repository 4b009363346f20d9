import { isActive, type Match } from '../../../src/decision/match.js';
import type { Question, Tier } from '../../../src/decision/policy-model.js';
import type { UnixMs } from '../../../src/decision/vocabulary.js';
import { matchesOf, type Scene } from './conditions.js';
import type { Timeline } from './timeline.js';

/** A question with what meets each of its conditions, in their order. */
export interface QuestionPlan {
  readonly question: Question;
  readonly matches: readonly (readonly Match[])[];
}

/** A question that is asked now. */
export interface AskedQuestion {
  readonly question: Question;
  /** When the first of what it is about came: a factor enrolled since answers it for whoever came with it. */
  readonly since: UnixMs;
}

const NO_PLANS: readonly QuestionPlan[] = [];
const NOT_ASKED: readonly AskedQuestion[] = [];

/** The questions each of whose conditions something meets, whenever. */
export function questionPlans(
  questions: readonly Question[] | undefined,
  scene: Scene,
): readonly QuestionPlan[] {
  if (questions === undefined) return NO_PLANS;
  const plans: QuestionPlan[] = [];
  for (const question of questions) {
    const matches: (readonly Match[])[] = [];
    for (const condition of question.when) {
      const found = matchesOf(condition, scene);
      if (found.length === 0) break;
      matches.push(found);
    }
    if (matches.length === question.when.length) plans.push({ question, matches });
  }
  return plans;
}

/** What is asked at `now` of a withdrawal of this tier, whatever its score. */
export function questionsAt(timeline: Timeline, tier: Tier, now: UnixMs): readonly AskedQuestion[] {
  if (timeline.questions.length === 0) return NOT_ASKED;
  const asked: AskedQuestion[] = [];
  for (const { question, matches } of timeline.questions) {
    if (question.tiers !== undefined && !question.tiers.includes(tier.name)) continue;
    let since = now;
    let isAsked = true;
    for (const [index, ofCondition] of matches.entries()) {
      const active = ofCondition.filter((match) => isActive(match, now));
      if (active.length === 0) isAsked = false;
      for (const { at } of active) since = Math.min(since, at);
      const condition = question.when[index];
      if (condition?.kind === 'drain') since = Math.min(since, timeline.drains.since(condition, now));
    }
    if (isAsked) asked.push({ question, since });
  }
  return asked;
}
