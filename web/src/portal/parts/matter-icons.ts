import type { IconName } from "@/shared/icons";

const ICONS: Record<string, IconName> = {
  basement: "shelter",
  offsite: "move",
  metro: "metro",
  demolition: "demolish",
  siren: "siren",
  subsidy: "coin",
  shield: "shield",
  archive: "archive",
  filing: "building",
  bundle: "layers",
};

/** The drawing of a matter's `icon` name. */
export const matterIcon = (name: string): IconName => ICONS[name] ?? "case";
