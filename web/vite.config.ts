import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const page = (name: string) => fileURLToPath(new URL(`./${name}.html`, import.meta.url));

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "chrome90",
    cssTarget: "chrome90",
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        portal: page("portal"),
        office: page("office"),
        mobile: page("mobile"),
        screen: page("screen"),
        admin: page("admin"),
      },
    },
  },
  server: { proxy: { "/api": process.env.MINFANG_URL ?? "http://127.0.0.1:8000" } },
  test: { environment: "node" },
});
