// Requests to the gate, through the pipe.

import { utf8 } from "./bytes.js";
import { refusedRequest, unanswered } from "./failure.js";
import { CONTENT_TYPE, signedHeaders } from "./sign.js";

const TIMEOUT_MS = 12_000;

const configuration = fetch("/config.json").then((response) => response.json());

// {pipe: origin, rp_id}
export const config = () => configuration;

// Ask without a signature (sign-in and enrolment begin so).
export function ask(method, path, body) {
  return exchange(method, path, encoded(body), () => ({ "content-type": CONTENT_TYPE }));
}

// Ask as `device`: {keyid, privateKey}.
export function askSigned(device, method, path, body) {
  return exchange(method, path, encoded(body), (url, bytes) =>
    signedHeaders({ method, url, body: bytes, ...device }),
  );
}

const encoded = (body) => utf8(body === undefined ? "" : JSON.stringify(body));

async function exchange(method, path, body, headersOf) {
  const url = (await config()).pipe + path;
  const response = await fetch(url, {
    method,
    headers: await headersOf(url, body),
    body: method === "GET" ? undefined : body,
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw unanswered();
  });
  if (!response.ok) {
    throw await refusedRequest(response);
  }
  return response.json().catch(() => {
    throw unanswered();
  });
}
