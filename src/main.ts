#!/usr/bin/env node
import { loadSparingly } from './cli/load-sparingly.js';

loadSparingly();
const { run } = await import('./cli/program.js');
process.exitCode = await run(process.argv.slice(2));
