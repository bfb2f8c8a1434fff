import type { Schemas } from "@/shared/api/client";

type Account = Schemas["DemoAccount"];

export interface AccountGroup {
  role: string;
  accounts: Account[];
}

/** Demo accounts of the office by role, in the order the server names them; applicants belong to the portal. */
export function groupAccounts(accounts: Account[]): AccountGroup[] {
  const groups: AccountGroup[] = [];
  for (const account of accounts.filter((one) => one.face !== "portal")) {
    const group = groups.find((one) => one.role === account.role_label);
    if (group) group.accounts.push(account);
    else groups.push({ role: account.role_label, accounts: [account] });
  }
  return groups;
}

const PROBLEMS: Record<string, string> = {
  expired: "登录请求已过期或不是从本页发起，请重新登录。",
  refused: "身份认证平台未确认您的身份，请稍后重试。",
  unknown: "您的统一身份未对应本平台账号，请联系本单位系统管理员开通。",
};

/** Why the platform's sign-in came back without success. */
export function problemText(code: string): string {
  return PROBLEMS[code] ?? "";
}

/** Another face of this site to go on to after signing in; empty for the office itself. */
export function returnPath(to: string): string {
  return /^\/(screen|admin)(\/[\w\-/]*)?$/.test(to) ? to : "";
}
