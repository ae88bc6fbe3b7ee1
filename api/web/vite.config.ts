import { defineConfig } from "vite";

export default defineConfig({
  build: {
    target: "es2022",
    // MapLibre alone is above the default warning of 500 kB.
    chunkSizeWarningLimit: 1500,
    // "npm run build" must leave .keep for go:embed; old assets are removed by "npm run clean".
    emptyOutDir: false,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
