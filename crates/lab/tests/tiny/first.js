"use strict";
// Before all else of the page: what goes wrong from here on.
const wrong = [];
addEventListener("error", ({ message, target }) =>
  wrong.push(message ?? `not loaded: ${target.outerHTML}`), true);
addEventListener("unhandledrejection", ({ reason }) => wrong.push(String(reason)));
addEventListener("securitypolicyviolation", ({ blockedURI }) =>
  wrong.push(`asked for: ${blockedURI}`));
