import { createAuthClient } from "@auth-service/client";

const auth = createAuthClient({
  baseUrl: "https://auth.example.org",
  transport: "bearer",
  services: ["https://notes.example.org"],
});

export async function notes(): Promise<string[]> {
  const response = await auth.fetch("https://notes.example.org/notes");
  return response.ok ? response.json() : [];
}
