// An OpenID provider that is none of ours: the package oidc-provider. Anybody logs in with any name; who agreed to what is not asked.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const account = (accountId) => {
  const name = accountId.replace("person-", "");
  return {
    accountId,
    claims: () => ({
      sub: accountId,
      name: `${name[0].toUpperCase()}${name.slice(1)} Example`,
      preferred_username: name,
      email: `${name}@example.org`,
      email_verified: !name.startsWith("un"),
    }),
  };
};

const provider = new Provider(issuer, {
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
  cookies: { keys: ["of this test run"] },
  features: { devInteractions: { enabled: false }, registration: { enabled: true } },
  findAccount: (_ctx, id) => account(id),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

const form = `<!DOCTYPE html><html lang="en"><title>Who are you?</title><h1>Who are you?</h1>
<form method="post"><label>Name <input name="login" autofocus></label>
<button name="answer" value="yes">Go on</button> <button name="answer" value="no">Cancel</button></form>`;

async function interact(request, response) {
  if (request.method === "GET") {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(form);
    return;
  }
  let body = "";
  for await (const part of request) body += part;
  const sent = new URLSearchParams(body);
  const said = sent.get("answer") === "no"
    ? { error: "access_denied", error_description: "the person said no" }
    : { login: { accountId: `person-${sent.get("login")}` } };
  await provider.interactionFinished(request, response, said);
}

const answer = provider.callback();
server.on("request", (request, response) => {
  if (request.url.startsWith("/interaction/")) {
    interact(request, response).catch((failed) => {
      console.error(failed);
      response.statusCode = 500;
      response.end();
    });
  } else {
    answer(request, response);
  }
});
console.log(`Ready: ${issuer}`);
