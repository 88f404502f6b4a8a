import react from "@vitejs/plugin-react";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react(), vue()],
  server: {
    // The page and the auth service then share one origin: no CORS, and cookies work as in production.
    proxy: { "/api": process.env.SERVICE_URL ?? "http://127.0.0.1:8080" },
  },
  build: {
    rollupOptions: { input: { react: "./react/index.html", vue: "./vue/index.html" } },
  },
});
