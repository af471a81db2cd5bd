import { program } from '../program.js';

program().then(console.log);
