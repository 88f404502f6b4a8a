// Receives the events of the auth service: npm install standardwebhooks
// Run it as: WEBHOOK_SECRET=whsec_… node receiver.mjs PORT
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const handled = new Set(); // In your database: a table of ids, written in the same transaction as the work.

function handle(event) {
  switch (event.type) {
    case "user.registered": // Create your row for event.data.userId.
    case "user.deleted": // Delete everything that you store for event.data.userId.
      console.log(event.type, event.data.userId);
  } // Acknowledge the types that you don't know: new ones may be added.
}

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > 65_536) throw new Error("too large"); // Leaving the loop closes the connection.
    chunks.push(chunk);
  }
  return Buffer.concat(chunks); // The bytes as sent: the signature covers them.
}

const server = createServer(async (request, response) => {
  let event;
  try {
    event = webhook.verify(await bodyOf(request), request.headers);
  } catch {
    response.writeHead(401).end();
    return;
  }
  try {
    const id = request.headers["webhook-id"];
    if (!handled.has(id)) {
      handle(event);
      handled.add(id); // After the work: after an error above the event is sent again.
    }
    response.writeHead(204).end();
  } catch {
    response.writeHead(500).end();
  }
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
