// A certified authorization server (npm oidc-provider) and a small API that asks it
// about each token, for the end-to-end tests. Settings come as JSON in the first
// argument; one JSON line on standard output says where both listen. POST /control
// of the API changes what the tests want to change; GET /control tells what was seen.
import { Provider, errors } from "oidc-provider";
import { createServer } from "node:http";
import { randomBytes } from "node:crypto";

const settings = { accessTokenSeconds: 3600, requirePAR: false, dpop: false, ...JSON.parse(process.argv[2] ?? "{}") };
const listen = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`)));

const front = createServer();
const issuer = await listen(front);
const backend = createServer();
const api = await listen(backend);

const seen = { refreshes: 0, codes: 0, devices: 0, revocations: 0, registrations: 0, pushed: 0, refused: 0, resources: [] };
let accessTokenSeconds = settings.accessTokenSeconds;
const scopes = ["openid", "email", "profile", "offline_access", "books:read", "books:write"];

const provider = new Provider(issuer, {
  clients: [
    { client_id: "desktop", token_endpoint_auth_method: "none", application_type: "native", redirect_uris: ["http://127.0.0.1/oauth/callback"],
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"], response_types: ["code"],
      dpop_bound_access_tokens: settings.dpop },
    { client_id: "robot", client_secret: "robot-secret-" + randomBytes(16).toString("hex"), token_endpoint_auth_method: "client_secret_basic",
      redirect_uris: [], grant_types: ["client_credentials"], response_types: [] },
  ],
  scopes,
  claims: { email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
  conformIdTokenClaims: false,
  findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: id }) }),
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: true,
  ttl: { AccessToken: () => accessTokenSeconds, ClientCredentials: () => accessTokenSeconds, RefreshToken: 86400, Grant: 86400, Session: 86400, Interaction: 600,
    DeviceCode: 300, IdToken: 3600, AuthorizationCode: 60 },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    clientCredentials: { enabled: true },
    registration: { enabled: true, idFactory: () => "dynamic-" + randomBytes(6).toString("hex") },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: settings.requirePAR },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => settings.dpop },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        if (!seen.resources.includes(resource)) seen.resources.push(resource);
        if (!resource.startsWith(api)) throw new errors.InvalidTarget();
        return { scope: "books:read books:write", accessTokenFormat: "opaque", audience: resource, accessTokenTTL: accessTokenSeconds };
      },
    },
  },
});
provider.on("authorization_code.consumed", () => seen.codes++);
provider.on("refresh_token.consumed", () => seen.refreshes++);
provider.on("device_code.consumed", () => seen.devices++);
provider.on("pushed_authorization_request.success", () => seen.pushed++);
provider.on("registration_create.success", () => seen.registrations++);
provider.on("grant.revoked", () => seen.revocations++);
provider.on("server_error", (_ctx, e) => console.error(e));
provider.on("grant.error", (_ctx, e) => { seen.refused++; console.error("grant refused:", e.message, e.error_description ?? ""); });
front.on("request", provider.callback());

const send = (res, status, body, headers = {}) => {
  res.writeHead(status, { "content-type": "application/json", ...headers });
  res.end(JSON.stringify(body));
};

backend.on("request", async (req, res) => {
  if (req.url === "/control") {
    if (req.method === "POST") {
      let text = "";
      for await (const part of req) text += part;
      const change = JSON.parse(text);
      if (change.accessTokenSeconds) accessTokenSeconds = change.accessTokenSeconds;
      if (change.reset) Object.assign(seen, { refreshes: 0, codes: 0, devices: 0, revocations: 0, registrations: 0, pushed: 0, refused: 0 });
    }
    return send(res, 200, seen);
  }
  if (req.url === "/.well-known/oauth-protected-resource") {
    return send(res, 200, { resource: api, authorization_servers: [issuer], scopes_supported: ["books:read"], dpop_signing_alg_values_supported: ["ES256"] });
  }
  const [kind, value] = (req.headers.authorization ?? "").split(" ");
  const token = value && (await provider.AccessToken.find(value)) || value && (await provider.ClientCredentials.find(value));
  const challenge = `${settings.dpop ? "DPoP" : "Bearer"} resource_metadata="${api}/.well-known/oauth-protected-resource"`;
  if (!token || token.isExpired) return send(res, 401, { error: "invalid_token" }, { "www-authenticate": challenge + ', error="invalid_token"' });
  if (settings.dpop && (kind !== "DPoP" || !req.headers.dpop || !token.jkt)) return send(res, 401, { error: "a DPoP proof is missing" }, { "www-authenticate": challenge });
  send(res, 200, { who: token.accountId ?? token.clientId, client: token.clientId, scope: token.scope ?? "", audience: token.aud ?? "", kind });
});

const robot = await provider.Client.find("robot");
process.stdout.write(JSON.stringify({ issuer, api, robotSecret: robot.clientSecret }) + "\n");
