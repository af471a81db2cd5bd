import { readers, turned, type Numbers } from './convolution.js';
import { typed } from '../numbers.js';

// Questions to be answered before the reason is shown, about the reader's own numbers.

export const QUESTIONS = ['size', 'readers', 'weight', 'zero', 'quarter', 'zeros', 'crop', 'never', 'ties', 'count'] as const;
export type Question = (typeof QUESTIONS)[number];

/** The answer in the reader's numbers; text answers are one of the listed choices (their keys). */
export type Answer = { readonly number: number } | { readonly choice: string; readonly choices: readonly string[] };

const YES_NO = ['yes', 'no'] as const;

/** The pixel that the second question asks about: row 2, column 2 of the input. */
const middle = ({ setting: { p }, wide }: Numbers): number => (1 + p) * wide + 1 + p;

export function answerTo(question: Question, numbers: Numbers): Answer {
  const { setting: { n, k, w }, o, dw, rest } = numbers;
  switch (question) {
    case 'size': return { number: o };
    case 'readers': return { number: readers(numbers)[middle(numbers)]! };
    case 'weight': return { number: dw[k * k - 1]! };
    case 'zero': return { choice: 'residual', choices: ['residual', 'weight', 'padding'] };
    case 'quarter': return { choice: turned(w).every((value, i) => value === turned(w, true)[i]) ? 'yes' : 'no', choices: YES_NO };
    case 'zeros': return { number: 2 };
    case 'crop': return { choice: 'padding', choices: ['padding', 'residual', 'weight'] };
    case 'never': return { choice: rest > 0 || numbers.setting.s > numbers.span || readers(numbers).includes(0) ? 'yes' : 'no', choices: YES_NO };
    case 'ties': return { choice: 'first', choices: ['first', 'all', 'last'] };
    case 'count': return { number: n * n * o * o + o * o };
  }
}

/** Whether what was typed or chosen is right. */
export function isRight(answer: Answer, given: string): boolean {
  return 'number' in answer ? Math.abs(typed(given) - answer.number) <= 1e-3 * Math.max(1, Math.abs(answer.number)) : given === answer.choice;
}
