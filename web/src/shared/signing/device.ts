/**
 * Where SM2 certificates and their keys are: a UKey with its middleware, or the sandbox's software keys.
 *
 * The interface follows the client script interface of GB/T 43694: list certificates, then sign with one of
 * them, asynchronously. A middleware is plugged in with `useDevice`; its private keys never reach this page.
 */
import { api, call, type Schemas } from "../api/client";

export interface DeviceCertificate {
  /** Names the certificate to the device. */
  id: string;
  holder: string;
  certificate: string;
  chain: string[];
}

export interface SigningDevice {
  name: string;
  certificates(): Promise<DeviceCertificate[]>;
  /** SM2-with-SM3 over the UTF-8 text, default distinguishing id; Base64 of the DER signature. */
  sign(id: string, text: string): Promise<string>;
}

type Soft = Schemas["SoftCertificate"];

/** The sandbox's software certificate of whoever is signing in: demonstrations only. */
export function softDevice(load: () => Promise<Soft> = () => call(() => api.GET("/api/account/soft-certificate"), true)): SigningDevice {
  let held: Promise<Soft> | null = null;
  const key = (): Promise<Soft> => (held ??= load());
  return {
    name: "软证书（演示环境）",
    async certificates() {
      const soft = await key();
      return [{ id: "soft", holder: soft.holder, certificate: soft.certificate, chain: soft.chain }];
    },
    async sign(_id, text) {
      const [soft, { sm2 }] = await Promise.all([key(), import("sm-crypto-v2")]);
      const bytes = new TextEncoder().encode(text);
      const hex = sm2.doSignature(bytes, soft.private_key, { der: true, hash: true, publicKey: soft.public_key });
      return base64(hex);
    },
  };
}

function base64(hex: string): string {
  const pairs = hex.match(/../g) ?? [];
  return btoa(pairs.map((pair) => String.fromCharCode(parseInt(pair, 16))).join(""));
}

let plugged: SigningDevice | null = null;

/** Plug in the middleware of a UKey. */
export function useDevice(device: SigningDevice | null): void {
  plugged = device;
}

/** The device of this page: what was plugged in, or the software keys where the demonstration offers them. */
export function signingDevice(demo: boolean): SigningDevice | null {
  return plugged ?? (demo ? softDevice() : null);
}

/** Have a challenge of the server signed: everything the server wants back. */
export async function signChallenge(device: SigningDevice): Promise<Schemas["CertificateIn"]> {
  const [own] = await device.certificates();
  if (!own) throw new Error("没有可用的证书，请插入证书介质后重试。");
  const { text } = await call(() => api.POST("/api/session/challenge"), true);
  return { text, signature: await device.sign(own.id, text), certificate: own.certificate, chain: own.chain };
}
