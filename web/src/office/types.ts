import type { components } from "@/shared/api/schema";

type Schemas = components["schemas"];

export type Calculation = Schemas["Calculation"];
export type CaseRow = Schemas["OfficeCaseRow"];
export type CaseList = Schemas["OfficeCaseList"];
export type Colleague = Schemas["Colleague"];
export type ComparedGroup = Schemas["ComparedGroup"];
export type ComparedRow = Schemas["ComparedRow"];
export type Desk = Schemas["Desk"];
export type DocumentOut = Schemas["DocumentOut"];
export type Light = Schemas["Light"];
export type MaterialOut = Schemas["MaterialOut"];
export type MaterialRule = Schemas["MaterialRule"];
export type MessageOut = Schemas["MessageOut"];
export type OfficeChoice = Schemas["OfficeChoice"];
export type SignerOut = Schemas["SignerOut"];
export type OfficeCase = Schemas["OfficeCase"];
export type OpinionOut = Schemas["OpinionOut"];
export type PushOut = Schemas["PushOut"];
export type PushList = Schemas["PushList"];
export type SearchHit = Schemas["SearchHit"];
export type SupplementItem = Schemas["SupplementItem"];
export type StatTable = Schemas["TableOut"];
export type StatColumn = Schemas["TableColumn"];
export type Verb = Schemas["Verb"];
