// A running service, which whoever starts these tests has started (tests/black_box/typescript_client.rs does):
//   AUTH_TEST_URL        with AUTH_COOKIES=on
//   AUTH_TEST_SHORT_URL  the same, with AUTH_ACCESS_TTL=2
//   AUTH_TEST_MAIL       the folder with the mails of the first
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const setting = (name) => process.env[name] ?? assert.fail(`${name} says where the service is`);

export const url = setting("AUTH_TEST_URL");
export const shortUrl = setting("AUTH_TEST_SHORT_URL");
export const password = "correct horse battery staple";
/** Milliseconds after which an access token of `shortUrl` has expired for sure. */
export const SHORT_LIFE = 2_600;

let number = 0;
/** A name that nobody has yet. */
export const newName = () => `user-${process.pid}-${Date.now()}-${(number += 1)}`.slice(-32);

/** Waits for the latest code of that kind to that address; `number` says how many there must be. */
export async function mailedCode(kind, to, number = 1) {
  const folder = setting("AUTH_TEST_MAIL");
  for (let tries = 0; tries < 500; tries++) {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".eml")).sort();
    const mails = await Promise.all(names.map((name) => readFile(`${folder}/${name}`, "utf8")));
    const ours = mails.filter((mail) => mail.includes(`X-Auth-Mail: ${kind}`) && mail.includes(`To: ${to}`));
    const code = ours[number - 1]?.split("text/html")[0].match(/^(\d{6})\r?$/m)?.[1];
    if (code) return code;
    await sleep(40);
  }
  return assert.fail(`no mail ${number} of kind ${kind} to ${to}`);
}

const decodeBase32 = (text) => {
  let bits = "";
  for (const character of text)
    bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(character).toString(2).padStart(5, "0");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
};

/** The codes (RFC 6238) of an app one step ago, now and in the next step; each is taken once. */
export async function appCodes(secret) {
  const left = 30_000 - (Date.now() % 30_000);
  if (left < 15_000) await sleep(left + 100);
  const step = Math.floor(Date.now() / 30_000);
  return [-1, 0, 1].map((offset) => {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step + offset));
    const digest = createHmac("sha1", decodeBase32(secret)).update(counter).digest();
    const binary = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
    return String(binary % 1_000_000).padStart(6, "0");
  });
}
