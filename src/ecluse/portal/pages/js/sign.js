// HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530): Écluse's one profile.

import { base64, base64url, random, sha256, utf8 } from "./bytes.js";

const COMPONENTS = '("@method" "@target-uri" "content-digest" "content-type")';
const LIFETIME_SECONDS = 60;

export const CONTENT_TYPE = "application/json";

// The headers that sign one request; `body` is bytes, empty for GET.
export async function signedHeaders({ method, url, body, keyid, privateKey }) {
  const digest = `sha-256=:${base64(await sha256(body))}:`;
  const parameters = signatureParameters(keyid);
  const base = signatureBase({ method, url, digest, parameters });
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const signature = await crypto.subtle.sign(algorithm, privateKey, utf8(base));
  return {
    "content-type": CONTENT_TYPE,
    "content-digest": digest,
    "signature-input": `ecluse=${parameters}`,
    signature: `ecluse=:${base64(new Uint8Array(signature))}:`,
  };
}

function signatureParameters(keyid) {
  const created = Math.floor(Date.now() / 1000);
  return [
    COMPONENTS,
    `created=${created}`,
    `expires=${created + LIFETIME_SECONDS}`,
    `nonce="${base64url(random(16))}"`,
    `keyid="${keyid}"`,
    'alg="ecdsa-p256-sha256"',
    'tag="ecluse-v1"',
  ].join(";");
}

// RFC 9421, section 2.5.
function signatureBase({ method, url, digest, parameters }) {
  return [
    `"@method": ${method}`,
    `"@target-uri": ${url}`,
    `"content-digest": ${digest}`,
    `"content-type": ${CONTENT_TYPE}`,
    `"@signature-params": ${parameters}`,
  ].join("\n");
}
