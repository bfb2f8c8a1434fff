import "@/shared/styles/base.css";
import "./styles/portal.css";
import { createApp } from "vue";
import { loadSession } from "@/shared/session";
import { loadFallbackFonts } from "@/shared/styles/fallback-fonts";
import App from "./App.vue";
import { applyReading } from "./reading";
import { router } from "./router";

applyReading();
void loadSession();
createApp(App).use(router).mount("#app");
loadFallbackFonts();
