import { sm2 } from "sm-crypto-v2";
import { describe, expect, it } from "vitest";
import { softDevice } from "./device";

describe("the software key", () => {
  it("signs a challenge so that the certificate's key verifies it, as Base64 of DER", async () => {
    const pair = sm2.generateKeyPairHex();
    const soft = { holder: "沈嘉禾", certificate: "PEM", chain: [], private_key: pair.privateKey, public_key: pair.publicKey };
    const device = softDevice(async () => soft);
    expect((await device.certificates())[0]?.holder).toBe("沈嘉禾");
    const text = "0123|minfang|1|会话";
    const hex = Array.from(atob(await device.sign("soft", text)), (c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
    const bytes = new TextEncoder().encode(text);
    expect(sm2.doVerifySignature(bytes, hex, pair.publicKey, { der: true, hash: true })).toBe(true);
    expect(sm2.doVerifySignature(new TextEncoder().encode("x"), hex, pair.publicKey, { der: true, hash: true })).toBe(false);
  });
});
