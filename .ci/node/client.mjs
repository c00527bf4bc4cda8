// Drives an MCP server over stdio with the official TypeScript SDK, as the tests
// tell it on standard input: one JSON line {method, params} a step. It prints one
// JSON line for each answer, {ok} or {error}, and {changed} for every list_changed.
// ELICIT is {capability, answer}: what the client declares of elicitation, and what its
// person answers; each question is printed as {asked}, and {completed} when it is over.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema, ElicitationCompleteNotificationSchema, ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { createInterface } from "node:readline";

const [command, ...args] = process.argv.slice(2);
const print = (o) => process.stdout.write(JSON.stringify(o) + "\n");
const extra = JSON.parse(process.env.SERVER_ENV ?? "{}");
const transport = new StdioClientTransport({ command, args, env: Object.keys(extra).length ? extra : undefined, stderr: "inherit" });
const elicit = JSON.parse(process.env.ELICIT ?? "null");
const client = new Client({ name: "mcp-bridge-test", version: "1" }, { capabilities: elicit ? { elicitation: elicit.capability } : {} });
if (elicit) {
  client.setRequestHandler(ElicitRequestSchema, (request) => {
    print({ asked: request.params });
    return elicit.answer;
  });
  client.setNotificationHandler(ElicitationCompleteNotificationSchema, (n) => print({ completed: n.params.elicitationId }));
}
client.setNotificationHandler(ToolListChangedNotificationSchema, () => print({ changed: true }));
client.onerror = (e) => print({ transportError: String(e) });
await client.connect(transport);
print({ ok: { server: client.getServerVersion(), capabilities: client.getServerCapabilities(), instructions: client.getInstructions() ?? "" } });

for await (const line of createInterface({ input: process.stdin })) {
  const { method, params, abortAfter } = JSON.parse(line);
  const options = abortAfter ? { signal: AbortSignal.timeout(abortAfter) } : undefined;
  try {
    if (method === "list") print({ ok: await client.listTools() });
    else if (method === "call") print({ ok: await client.callTool(params, undefined, options) });
    else if (method === "ping") print({ ok: await client.ping() });
    else print({ error: "unknown step " + method });
  } catch (e) {
    print({ error: String(e.message ?? e), code: e.code });
  }
}
const before = Date.now();
await client.close();
print({ closed: Date.now() - before });
