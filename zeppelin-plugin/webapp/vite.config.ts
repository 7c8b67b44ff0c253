/** How the web UI is built: every address relative, so that it works under any context path. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // inline data: scripts or styles would need a looser content security policy
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  test: { environment: "node", include: ["tests/**/*.test.{ts,tsx}"] },
});
