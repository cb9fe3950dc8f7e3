import { test } from 'vitest';
import { compareAnswers, QUESTIONS } from './support/compare-answers.ts';

const POLICIES = 40;

test(
  `the answer to a question is what the broker decides for a spoke, in ${POLICIES * QUESTIONS} cases`,
  () => compareAnswers(POLICIES),
  60_000,
);
