import { load } from './load.mjs';

load('workerpool').worker({ echo: (/** @type {unknown} */ message) => message });
