// What a page, and a program of node, ask by OpenFeature's SDK for the web.

const METHODS = { boolean: 'Boolean', string: 'String', integer: 'Number', float: 'Number', object: 'Object' };

function answer(client, one) {
  const details = client[`get${METHODS[one.type]}Details`](one.flag, one.default);
  return {
    value: details.value,
    variant: details.variant ?? null,
    reason: details.reason,
    error: details.errorCode ?? null,
  };
}

// Every case in its own context; what all contexts together were asked for is one request each.
export async function askAll({ OpenFeature, OFREPWebProvider }, { baseUrl, headers, cases }) {
  await OpenFeature.setContext({});
  await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl, headers, cacheMode: 'disabled' }));
  const client = OpenFeature.getClient();
  const answers = [];
  for (const one of cases) {
    await OpenFeature.setContext(one.context);
    answers.push(answer(client, one));
  }
  await OpenFeature.clearProviders();
  return answers;
}

// What becomes of a provider that cannot ask: its error, and the default that it leaves.
export async function askInVain({ OpenFeature, OFREPWebProvider }, { baseUrl, headers, cases }) {
  await OpenFeature.setContext({});
  let failure = null;
  try {
    await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl, headers, cacheMode: 'disabled' }));
  } catch (error) {
    failure = String(error.message ?? error);
  }
  const client = OpenFeature.getClient();
  const found = { failure, status: client.providerStatus, answer: answer(client, cases[0]) };
  await OpenFeature.clearProviders();
  return found;
}

// Polls until nothing new was answered twice; says so; and goes on until the first case has another value.
export async function poll({ OpenFeature, OFREPWebProvider, ClientProviderEvents }, asked, sayReady) {
  const { baseUrl, headers, cases } = asked;
  const statuses = [];
  const fetchImplementation = async (...request) => {
    const response = await fetch(...request);
    statuses.push(response.status);
    return response;
  };
  const options = { baseUrl, headers, cacheMode: 'disabled', pollInterval: 50, fetchImplementation };
  await OpenFeature.setContext(cases[0].context);
  await OpenFeature.setProviderAndWait(new OFREPWebProvider(options));
  const client = OpenFeature.getClient();
  const before = answer(client, cases[0]);
  const changed = new Promise((resolve) => {
    client.addHandler(ClientProviderEvents.ConfigurationChanged, (event) => resolve(event.flagsChanged ?? []));
  });
  while (statuses.filter((status) => status === 304).length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await sayReady();
  const flagsChanged = await changed;
  const after = answer(client, cases[0]);
  await OpenFeature.clearProviders();
  return { statuses, before, after, flagsChanged };
}
