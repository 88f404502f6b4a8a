import { createAuthClient } from "@auth-service/client";

const auth = createAuthClient({ baseUrl: "https://auth.example.org", transport: "cookie" });

export async function signInWithGoogle() {
  const begun = await auth.providers.begin("google", { redirect: "https://app.example.org/signed-in" });
  if (begun.ok) location.assign(begun.data.url);
}

/** On the page /signed-in: the same outcomes as `login`. */
export const signedIn = () => auth.providers.finish("google", location.href);
