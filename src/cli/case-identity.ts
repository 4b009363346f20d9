export { CASE_IDENTITY } from '../service/case-identity.js';
