import "@/shared/styles/base.css";
import "./mobile.css";
import { createApp } from "vue";
import { loadFallbackFonts } from "@/shared/styles/fallback-fonts";
import App from "./App.vue";
import { router } from "./router";

createApp(App).use(router).mount("#app");
loadFallbackFonts();
