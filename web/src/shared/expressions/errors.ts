/** The text is outside the grammar, or the facts do not fit it. */
export class ExpressionError extends Error {}
