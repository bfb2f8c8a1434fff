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
