/** What the spoke of paced.mjs does; a bench writes another in its place. @type {{rate: number, seconds: number, mix: string[]}} */
export const PLAN = { rate: 1, seconds: 1, mix: ['hud'] };
