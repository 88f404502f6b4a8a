// Connects at once, asks late, and later again on the same connection: early_connection.mjs <url> <seconds>
import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const [url, seconds] = process.argv.slice(2);
const { hostname, port } = new URL(url);
let early = connect(Number(port), hostname);
await once(early, "connect");
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
agent.createConnection = () => {
  const connection = early;
  early = undefined;
  if (!connection) throw new Error("the connection was not kept");
  return connection;
};
for (let request = 0; request < 2; request += 1) {
  await sleep(1000 * Number(seconds));
  const [answer] = await once(get(url, { agent }), "response");
  answer.resume();
  await once(answer, "end");
  console.log(answer.statusCode);
}
agent.destroy();
