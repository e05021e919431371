// Asks a sidecar by OpenFeature's SDK for servers: `node server.cjs CLIENTS URL < {keys, cases}` prints the answers.
const { createRequire } = require('node:module');
const { readFileSync } = require('node:fs');

const [clients, baseUrl] = process.argv.slice(2);
const load = createRequire(`${clients}/package.json`);
const { OpenFeature } = load('@openfeature/server-sdk');
const { OFREPProvider } = load('@openfeature/ofrep-provider');
const { headers, cases } = JSON.parse(readFileSync(0, 'utf8'));

const METHODS = { boolean: 'Boolean', string: 'String', integer: 'Number', float: 'Number', object: 'Object' };

async function main() {
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl, headers }));
  const client = OpenFeature.getClient();
  const answers = [];
  for (const one of cases) {
    const details = await client[`get${METHODS[one.type]}Details`](one.flag, one.default, one.context);
    answers.push({
      value: details.value,
      variant: details.variant ?? null,
      reason: details.reason,
      error: details.errorCode ?? null,
    });
  }
  console.log(JSON.stringify(answers));
  await OpenFeature.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
