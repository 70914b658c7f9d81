import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// A server started by `uniaims serve`; `npm run dev` hands it what begins with /api.
const server = process.env.UNIAIMS_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [svelte()],
  base: "./",
  // No inline scripts: the server's Content-Security-Policy forbids them.
  build: { outDir: "../src/uniaims/server/static", emptyOutDir: true, target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
  server: { proxy: { "/api": server } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
