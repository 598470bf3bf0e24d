// npm run build: installs what is missing and brings `dist` up to date.
import './bootstrap/require-node.mjs';
import { ready } from './bootstrap/ready.mjs';

await ready();
console.log('dist is up to date');
