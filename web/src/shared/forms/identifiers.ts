/** Named formats of text fields, as the server checks them. */
const USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

const weigh = (text: string, alphabet: string, weights: number[]) =>
  weights.reduce((sum, weight, i) => sum + weight * alphabet.indexOf(text.charAt(i)), 0);

/** Unified social credit code (GB 32100-2015): 18 characters, the last a check character. */
export function isUscc(text: string): boolean {
  if (!/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(text)) return false;
  return USCC.charAt((31 - (weigh(text, USCC, USCC_WEIGHTS) % 31)) % 31) === text.charAt(17);
}

/** Citizen identity number (GB 11643): 18 characters with date and check character. */
export function isIdCard(text: string): boolean {
  if (!/^\d{17}[\dX]$/.test(text)) return false;
  const day = `${text.slice(6, 10)}-${text.slice(10, 12)}-${text.slice(12, 14)}`;
  const at = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== day) return false;
  return "10X98765432".charAt(weigh(text, "0123456789", ID_WEIGHTS) % 11) === text.charAt(17);
}

const like = (pattern: RegExp) => (text: string) => pattern.test(text);

/** name → check and the advice that completes “{label}…”. */
export const FORMATS: Record<string, { holds: (text: string) => boolean; advice: string }> = {
  uscc: { holds: isUscc, advice: "应为 18 位且通过校验（数字和大写字母，不含 I、O、S、V、Z），请对照营业执照核对" },
  id_card: { holds: isIdCard, advice: "应为 18 位且通过校验，末位 X 须大写，请对照身份证核对" },
  certificate_no: { holds: like(/^[0-9A-Za-z()（）-]{4,30}$/), advice: "应为 4 至 30 位数字、字母，请核对" },
  mobile: { holds: like(/^1[3-9]\d{9}$/), advice: "应为 11 位手机号，以 13 至 19 开头，请核对" },
  telephone: { holds: like(/^(0\d{2,3}-)?\d{7,8}$/), advice: "应为固定电话，如 021-24080000，请核对" },
  postcode: { holds: like(/^\d{6}$/), advice: "应为 6 位数字，如 200331，请核对" },
  email: { holds: like(/^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$/), advice: "应为电子邮箱，如 name@example.com，请核对" },
  project_code: {
    holds: like(/^\d{4}-\d{6}-\d{2}-\d{2}-\d{6}$/),
    advice: "应为 24 位赋码，如 2605-310107-04-01-268413，请对照立项文件核对",
  },
};
