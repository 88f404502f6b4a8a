// Receives the events of the auth service: npm install standardwebhooks
// Run it as: WEBHOOK_SECRET=whsec_… node receiver.mjs PORT
import { createServer } from "node:http";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const handled = new Set(); // In your database: a table of ids, written in the same transaction as the work.

function handle(event) {
  switch (event.type) {
    case "user.registered": // Create your row for event.data.userId.
    case "user.deleted": // Delete everything that you keep under event.data.userId.
      console.log(event.type, event.data.userId);
  } // Acknowledge the types that you don't know: new ones may be added.
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks); // The bytes as sent: the signature is over them.
}

const server = createServer(async (request, response) => {
  try {
    const event = webhook.verify(await bodyOf(request), request.headers);
    const id = request.headers["webhook-id"];
    if (!handled.has(id)) {
      handle(event);
      handled.add(id); // After the work: an error above means that the event comes again.
    }
    response.writeHead(204).end();
  } catch (error) {
    response.writeHead(error instanceof WebhookVerificationError ? 401 : 500).end();
  }
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
