// Passkeys, through the browser's own calls (Web Authentication level 3).

import { base64url } from "./bytes.js";
import { Failure } from "./failure.js";
import { config } from "./gate.js";

const TIMEOUT_MS = 60_000;

export const supported = () =>
  "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;

// Present a passkey over `challenge` (bytes); its owner must touch or unlock it.
export async function present(challenge) {
  const { rp_id: rpId } = await config();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({
    challenge: base64url(challenge),
    rpId,
    timeout: TIMEOUT_MS,
    userVerification: "required",
  });
  return spoken(navigator.credentials.get({ publicKey }));
}

// Make a passkey from the gate's PublicKeyCredentialCreationOptionsJSON.
export function create(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return spoken(navigator.credentials.create({ publicKey }));
}

async function spoken(call) {
  try {
    return (await call).toJSON();
  } catch (error) {
    // SecurityError: the page's address is not the one that the passkey belongs to.
    throw new Failure(error.name === "SecurityError" ? "foreign" : "gesture");
  }
}
