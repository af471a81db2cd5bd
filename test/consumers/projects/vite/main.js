import { program } from '../program.js';

globalThis.result = program();
