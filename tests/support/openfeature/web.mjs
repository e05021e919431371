// Asks a sidecar by OpenFeature's SDK for the web: `node web.mjs CLIENTS URL MODE < {headers, cases}` prints the answers.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

import { askAll, askInVain, poll } from './asking.mjs';

const [clients, baseUrl, mode] = process.argv.slice(2);
const load = createRequire(`${clients}/package.json`);
const sdk = { ...load('@openfeature/web-sdk'), ...load('@openfeature/ofrep-web-provider') };
const asked = { baseUrl, ...JSON.parse(readFileSync(0, 'utf8')) };

const MODES = {
  all: () => askAll(sdk, asked),
  vain: () => askInVain(sdk, asked),
  poll: () => poll(sdk, asked, () => console.log('ready')),
};
console.log(JSON.stringify(await MODES[mode]()));
process.exit(0);
