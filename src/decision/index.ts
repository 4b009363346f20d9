export { decide } from './decide.js';
export { explain } from './explain.js';
export { ENGINE_VERSION } from './verdict.js';
