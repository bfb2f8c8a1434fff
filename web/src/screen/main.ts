import "@/shared/styles/base.css";
import { createApp } from "vue";
import { loadFallbackFonts } from "@/shared/styles/fallback-fonts";
import App from "./App.vue";

document.documentElement.dataset.theme = "screen";
createApp(App).mount("#app");
loadFallbackFonts();
