// Makes the exports of Firebase and better-auth; see make.py.
import { writeFileSync } from "node:fs";
import { FirebaseScrypt } from "firebase-scrypt";
import { hashPassword } from "better-auth/crypto";

const password = "Grüße, horse 42 ﬁ";
const config = {
  memCost: 14,
  rounds: 8,
  saltSeparator: "Bw==",
  // The example of https://github.com/firebase/scrypt.
  signerKey: "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
};
const salt = "42xEC+ixf3L2lw==";
const passwordHash = await new FirebaseScrypt(config).hash(password, salt);
writeFileSync("firebase-hash-config.txt", `hash_config {
  algorithm: SCRYPT,
  base64_signer_key: ${config.signerKey},
  base64_salt_separator: ${config.saltSeparator},
  rounds: ${config.rounds},
  mem_cost: ${config.memCost},
}
`);
writeFileSync("firebase.json", `${JSON.stringify({ users: [{
  localId: "tXVxVNvWZWSJzdZrpsCvWfwe7bW2",
  email: "ann@firebase.example.org",
  emailVerified: true,
  passwordHash,
  salt,
  createdAt: "1500000000000",
  disabled: false,
  customAttributes: "{\"roles\":[\"editor\"]}",
  providerUserInfo: [{ providerId: "google.com", rawId: "1083912345", email: "ann@firebase.example.org" }],
}] }, null, 2)}\n`);
writeFileSync("better-auth.ndjson", `${JSON.stringify({
  id: "nLM2w5HGbYxmVwkSqJeQXhB8kYlKjPqR",
  name: "Ann",
  email: "ann@better-auth.example.org",
  emailVerified: true,
  createdAt: "2025-01-02T03:04:05.678Z",
  role: "user",
  banned: false,
  accounts: [
    { providerId: "credential", accountId: "nLM2w5HGbYxmVwkSqJeQXhB8kYlKjPqR", password: await hashPassword(password) },
    { providerId: "google", accountId: "1083" },
  ],
})}\n`);
