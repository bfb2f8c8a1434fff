import "@/shared/styles/base.css";
import "@/shared/styles/desk.css";
import { createApp } from "vue";
import { loadFallbackFonts } from "@/shared/styles/fallback-fonts";
import App from "./App.vue";
import { router } from "./router";

document.documentElement.dataset.density = "compact";
createApp(App).use(router).mount("#app");
loadFallbackFonts();
