// The arguments, and one line of input: what the clients need of Node.js.
declare const process: { argv: string[]; stdin: { once(event: "data", listener: (data: object) => void): void; unref(): void } };

const [, , url = "", email = "", password = ""] = process.argv;

export const credentials = { email, password };
export { url };

export const nextLine = () =>
  new Promise<string>((resolve) => {
    process.stdin.once("data", (data) => {
      process.stdin.unref();
      resolve(String(data).trim());
    });
  });
